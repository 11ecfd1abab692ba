"""Commands that only read text start without the heavy packages, which take seconds to import."""

import json
import subprocess
import sys

from vtzoo.cli import command_names, main
from vtzoo.data.declared import benchmark_names
from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.evaluation.packing import SERVERS
from vtzoo.registry import COMPONENTS, find, names
from vtzoo.zoo import kept_texts, parts

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


def test_cite_and_explain_are_light_once_they_were_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path))
    asked = [['cite', 'nano/sparsett_nano'], ['explain', 'nano/sparsett_nano']]
    for words in asked:
        assert main(words) == 0
    first = capsys.readouterr().out
    done = subprocess.run([sys.executable, '-c', SCRIPT, json.dumps([HEAVY, asked])], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    for words in asked:
        assert main(words) == 0
    assert capsys.readouterr().out == first


def test_a_kept_text_is_made_again_when_anything_changes(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path))
    made = []

    def text(*depends, config='nano/sparsett_nano'):
        return kept_texts.kept_text('cite', config, lambda: made.append(1) or f'text {len(made)}', *depends)

    assert [text(), text(), text(80), text(80), text(90)] == ['text 1', 'text 1', 'text 2', 'text 2', 'text 3']
    monkeypatch.setattr(kept_texts, '_version', lambda name: '9.9')
    assert text(90) == 'text 4'
    (kept,) = (tmp_path / 'texts').iterdir()
    kept.write_text('{"state": ')
    assert text(90) == 'text 5', 'a cache that cannot be read is made again'
    own = tmp_path / 'sparsett_swin_t.py'  # the name of a config of the zoo
    own.write_text('model = 1')
    assert text(config=str(own)) != text(config=str(own)), 'a config from outside may build on any file'


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
