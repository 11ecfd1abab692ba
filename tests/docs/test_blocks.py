"""Code blocks of pages run, in the order of their page: tiny backbones, short videos, fewer steps."""

import re
import shlex
import subprocess
import sys
from glob import glob

import pytest

import vtzoo
from tests.docs import stage
from tests.docs.pages import FENCE, PAGES, ROOT, SHELLS, commands, vtzoo_words
from vtzoo.cli import main

RUN = [ROOT / 'README.md', *(page for page in PAGES if FENCE.search(page.read_text('utf-8')) and page.stem != 'extend')]
"""Pages whose blocks run here; those of extend.md run in test_extend.py."""
ELSEWHERE = {  # commands that do not run here -> where they are seen
    r'^(pip|python -m (venv|pip)|\. venv|git clone)': '.ci/run',
    r'^(python -m )?pytest|^ruff|^\.ci/': '.ci/run',
    r'^ffmpeg': 'a pipe: tests/inference',
    r'track 0 |rtsp://': 'cameras and streams: tests/inference, with stand-ins',
    r'^vtzoo ui': 'serves until it is stopped: tests/ui',
    r'^tensorboard': 'serves until it is stopped',
    r'^torchrun|^tools/dist_train|^GPUS=': 'several processes: tests/engine',
    r'push_to_hub|hf-hub:': 'the hub: tests/checkpoints, with a stand-in',
    r'^vtzoo sweep report': 'a sweep that has run: tests/sweep',
    r'^vtzoo vot ': 'the toolkit of VOT: tests/evaluation',
    r'^vtzoo export (CONFIG|sparsett)': 'exports of every config: tests/deploy',
    r'^python run\.py': "an export's own program: tests/deploy",
    r"device='cuda'": 'a GPU, with stand-ins: tests/deploy',
    r'compile=True': 'a compiler: tests/engine, without one',
    r'^vtzoo tune .*--train': 'tests/tuning',
    r'^vtzoo pack': 'results of a whole test set: tests/evaluation',
    r'--benchmark uav123': 'tests/evaluation and tests/data',
    r'raw/STARK': "other trackers' results: tests/evaluation",
    r'^python tools/baselines': 'tests/evaluation',
    r'^vtzoo card update|--expect nano': 'figures of a card: tests/zoo'}


@pytest.mark.slow
@pytest.mark.parametrize('page', RUN, ids=lambda page: page.stem)
def test_every_block_runs(page, tmp_path, monkeypatch, capsys):
    names, text = stage.prepare(tmp_path, monkeypatch), page.read_text('utf-8')
    for path in stage.write_page(page.stem, text, tmp_path):
        vtzoo.build_model(path)
    for found in FENCE.finditer(text):
        if found[3] == 'python' and stage.is_code(found[4]):
            lines = [line for line in found[4].splitlines() if runs_here(line)]
            exec(compile('\n'.join(lines), page.name, 'exec'), names)
        elif found[3] in SHELLS:
            for line in filter(runs_here, found[4].replace('\\\n', ' ').splitlines()):
                for words in commands(stage.filled_in(line)):
                    run([name for word in words for name in sorted(glob(word)) or [word]], line, capsys)


def run(words, line, capsys):
    """One command; it must end well."""
    if (of_vtzoo := vtzoo_words(words)) is not None:
        of_vtzoo = stage.soon(of_vtzoo)
        code, said = main(of_vtzoo), ''.join(capsys.readouterr())
    else:
        assert words[0] == 'python', line
        done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, timeout=300)
        code, said = done.returncode, done.stdout + done.stderr
    good = (0, 1) if words[:3] == ['vtzoo', 'data', 'check'] else (0,)  # a miniature set lacks most of its sequences
    assert code in good, f'{line}\n{shlex.join(of_vtzoo or words)}\n{said[-3000:]}'


def runs_here(line):
    return not any(re.search(pattern, line.strip()) for pattern in ELSEWHERE)


@pytest.mark.parametrize('pattern', ELSEWHERE)
def test_what_runs_elsewhere_is_still_on_a_page(pattern):
    assert any(re.search(pattern, line.strip()) for page in RUN for line in page.read_text('utf-8').splitlines())


def test_extras_that_pages_install_exist():
    import configparser
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    text = ''.join(page.read_text('utf-8') for page in (*PAGES, ROOT / 'README.md'))
    named = {extra for group in re.findall(r'(?:vtzoo|\.)\[(\w+(?:,\w+)*)\]', text) for extra in group.split(',')}
    assert named
    assert named <= set(setup['options.extras_require'])
