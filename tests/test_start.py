"""Commands that only read text start without the heavy packages, which take seconds to import."""

import json
import subprocess
import sys

from vtzoo.cli import command_names
from vtzoo.data.declared import benchmark_names
from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.evaluation.packing import SERVERS
from vtzoo.registry import COMPONENTS, find, names
from vtzoo.zoo import parts

HEAVY = ('torch', 'torchvision', 'mmengine', 'mmcv', 'timm', 'cv2', 'matplotlib', 'huggingface_hub')
LIGHT = [['--help'], ['--version'], ['list'], ['list', '--weights'], ['list', '--format', 'json'],
         ['list', '--filter', 'sparse'], *(['list', what] for what in ('backbones', 'fusions', 'heads', 'confidences',
                                                                       'losses')),
         *([name, '--help'] for name in command_names())]

SCRIPT = '''
import contextlib, io, json, sys
from vtzoo.cli import main
heavy, commands = json.loads(sys.argv[1])
for words in commands:
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            code = main(words)
    except SystemExit as end:
        code = end.code
    found = [name for name in heavy if name in sys.modules]
    if found or code or not out.getvalue():
        sys.exit(f'vtzoo {" ".join(words)}: exit code {code}, imports {", ".join(found) or "nothing heavy"}')
'''


def test_light_commands_import_nothing_heavy():
    done = subprocess.run([sys.executable, '-c', SCRIPT, json.dumps([HEAVY, LIGHT])], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_parts_read_from_files_are_those_of_the_registry(monkeypatch):
    for kind, registry in COMPONENTS.items():
        registered = {name: find(registry, name) for name in names(registry)}
        with monkeypatch.context() as patch:
            patch.delitem(sys.modules, 'vtzoo.registry')
            read = parts.known_parts(kind)
        own = {name for name, cls in registered.items() if cls.__module__.startswith('vtzoo.')}
        assert set(read) == own
        assert {name: tuple(registered[name].references) for name in own} == {
            name: part.references for name, part in read.items()}
        assert all(part.summary for part in read.values())


def test_words_in_help_are_those_of_the_code():
    assert set(benchmark_names()) == {name for name, one in BENCHMARKS.items()}
    assert set(SERVERS) == {'got10k', 'trackingnet'}
