"""Code blocks of pages run, as they stand but for sizes, in the order of their page."""

import re
import subprocess
import sys

import pytest

from tests.docs.pages import FENCE, PAGES, ROOT, SHELLS, commands, vtzoo_words
from tests.docs.stage import ELSEWHERE, elsewhere, make_stage, names, small
from vtzoo.cli import main

WITH_CODE = [page for page in (*PAGES, ROOT / 'README.md', ROOT / 'CONTRIBUTING.md')
             if any(found[3] in (*SHELLS, 'python') for found in FENCE.finditer(page.read_text('utf-8')))
             and page.name != 'extend.md']  # has a test of its own
"""Pages with code."""
RUN = {'index.md', 'faq.md', 'api.md', 'track.md', 'video.md'}
"""Pages whose blocks run here. Of the others, Python is parsed and commands and flags are checked, by test_pages.py;
benchmarks, export, judge, mmengine, weights, README and most tutorials need more than the stage makes so far."""


def lines_of(code):
    """The command lines of a shell block, as they stand."""
    return [line.partition(' #')[0].strip() for line in code.replace('\\\n', ' ').splitlines() if line.strip()]


@pytest.mark.slow
@pytest.mark.parametrize('page', [page for page in WITH_CODE if page.name in RUN], ids=lambda page: page.stem)
def test_every_block_runs(page, tmp_path, monkeypatch, capsys):
    make_stage(tmp_path, monkeypatch)
    known = names()
    for found in FENCE.finditer(page.read_text('utf-8')):
        if found[3] == 'python':
            run_python(found[4], known, monkeypatch)
        elif found[3] in SHELLS:
            for line in lines_of(found[4]):
                if elsewhere(line) is None:
                    run_line(line, capsys)


def run_line(line, capsys):
    for words in commands(line):
        asked = vtzoo_words(words)
        capsys.readouterr()
        if asked is not None:
            words = small(asked)
            code, said = main(words), capsys.readouterr()
            assert code == 0, f'{line}\n{words}\n{said.out[-2000:]}\n{said.err[-2000:]}'
        else:
            assert words[0] == 'python', line
            where = 'lite_onnx' if words[1] == 'run.py' else '.'
            paths = [str(ROOT / word) if word.startswith('tools/') else word for word in words[1:]]
            paths = ['../street.mp4' if word == 'street.mp4' else word for word in paths]
            done = subprocess.run([sys.executable, *paths], cwd=where, capture_output=True, text=True)
            assert done.returncode == 0, f'{line}\n{done.stderr[-2000:]}'


def run_python(code, known, monkeypatch):
    """A file is written, a config read, anything else executed with what the page has made so far."""
    code = '\n'.join(line for line in code.splitlines() if elsewhere(line) is None) + '\n'
    if name := re.match(r'# (\w+\.py)\n', code):
        with open(name[1], 'w') as file:
            file.write(code.partition('\n')[2])
    elif '_base_' in code or re.match(r'\w+ = dict\(|configs = ', code):
        exec(compile(code, 'config', 'exec'), {})
        if '_base_' in code:
            from vtzoo.api import build_model
            from vtzoo.config import load_config
            with open('configs/hybrids/from_the_page.py', 'w') as file:
                file.write(code)
            build_model(load_config('configs/hybrids/from_the_page.py'))
    else:
        exec(compile(code, 'page', 'exec'), known)


def test_what_runs_elsewhere_is_named_for_a_reason():
    """No entry of the list of exceptions stays when its line has gone."""
    texts = [found[4] for page in WITH_CODE for found in FENCE.finditer(page.read_text('utf-8'))]
    lines = [line for text in texts for line in text.replace('\\\n', ' ').splitlines()]
    for pattern in ELSEWHERE:
        assert any(re.search(pattern, line.strip()) for line in lines), pattern


def test_extras_that_pages_install_exist():
    import configparser
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    text = ''.join(page.read_text('utf-8') for page in (*PAGES, ROOT / 'README.md'))
    named = {extra for group in re.findall(r'(?:vtzoo|\.)\[(\w+(?:,\w+)*)\]', text) for extra in group.split(',')}
    assert named
    assert named <= set(setup['options.extras_require'])
