"""The pages hold what they say: code parses, short code runs, commands and flags exist, links lead somewhere."""

import argparse
import ast
import importlib
import importlib.util
import json
import re
import subprocess
import sys
import warnings

import pytest

from tests.docs.pages import DOCS, PAGES, PLACEHOLDER, ROOT, SHELLS, blocks, commands, vtzoo_words
from vtzoo.cli import command_names

NOTEBOOKS = sorted((DOCS / 'notebooks').glob('*.ipynb'))
LINK = re.compile(r'(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)')


def test_python_blocks_parse():
    found = blocks('python')
    assert len(found) > 10
    for block in found:
        try:
            ast.parse(block.code)
        except SyntaxError as error:
            pytest.fail(f'{block.page}: {error}\n{block.code}')


RUNNING = [block for block in blocks('python') if block.runs]


@pytest.mark.parametrize('number', range(len(RUNNING)))
def test_blocks_that_say_so_run(number, tmp_path, monkeypatch, capsys):
    block = RUNNING[number]
    monkeypatch.chdir(tmp_path)
    exec(compile(block.code, block.page, 'exec'), {})
    assert 'print(' not in block.code or capsys.readouterr().out.strip()


@pytest.fixture(scope='module')
def parsers():
    """name -> the parser of a command. Types are not checked, since pages write VIDEO and x,y,w,h; choices are."""
    made = {}
    for name in command_names():
        made[name] = argparse.ArgumentParser(f'vtzoo {name}', exit_on_error=False)
        importlib.import_module(f'vtzoo.commands.{name}').add_arguments(made[name])
    for parser in made.values():
        _any_values(parser)
    return made


def _any_values(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                _any_values(sub)
            continue
        action.type = None
        action.choices = action.choices and _Choices(action.choices)


class _Choices(tuple):
    """Choices, and placeholders for one."""

    def __contains__(self, value):
        return PLACEHOLDER.fullmatch(str(value)) is not None or str(value) in map(str, self)


def test_commands_and_flags_exist(parsers, capsys):
    lines = [(block.page, words) for block in blocks(*SHELLS) for line in commands(block.code)
             if (words := vtzoo_words(line)) is not None]
    assert len(lines) > 50
    wrong = [f'{page}: vtzoo {" ".join(words)}: {said}' for page, words in lines if (said := _fault(parsers, words))]
    assert not wrong, '\n'.join(wrong)


def _fault(parsers, words):
    """What is wrong with a command line, or None."""
    words = [word.strip('[]') for word in words if word != '...']
    if words[:1] == ['NAME'] or words == ['--version']:
        return None
    if words[0] not in parsers:
        return 'there is no such command'
    if '--help' in words:
        return None
    flags = {flag for parser in _all_parsers(parsers[words[0]]) for flag in parser._option_string_actions}
    unknown = [word for word in words if word.startswith('--') and word.partition('=')[0] not in flags]
    if unknown:  # argparse itself would take an abbreviation
        return f'unknown {", ".join(unknown)}'
    try:
        parsers[words[0]].parse_args(words[1:])
    except (argparse.ArgumentError, SystemExit) as error:
        return str(error)
    return None


def _all_parsers(parser):
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


@pytest.mark.parametrize('line', [
    'vtzoo fly', 'vtzoo export nano/lite_nano shipped out --formt onnx', 'vtzoo pack vot results out.zip',
    'vtzoo export nano/lite_nano', 'vtzoo train A --work_dir x', 'FOO=1 python -m vtzoo list --what'])
def test_a_wrong_line_is_found(parsers, line, capsys):
    words = vtzoo_words(next(commands(line)))
    assert _fault(parsers, words)


def test_configs_named_in_commands_exist():
    from vtzoo.config import list_models
    known = set(list_models())
    pattern = re.compile(r'\b((?:nano|hybrids|ablations)/[a-z]\w+|'
                         r'(?:mixformer_cvt|sparsett_swin|ostrack_\d|mixvit_)\w*)')
    for path in PAGES:
        for name in pattern.findall(path.read_text('utf-8')):
            assert name in known or name.endswith('_'), f'{path.name} names {name}'  # ablations/table4_*


@pytest.mark.parametrize('path', PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(path):
    text = re.sub(r'^( *)```.*?^\1```', '', path.read_text('utf-8'), flags=re.DOTALL | re.MULTILINE)
    for link in LINK.findall(text):
        if re.match(r'\w+:', link):
            continue
        name, _, anchor = link.partition('#')
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f'{link} leads nowhere'
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(target), f'{link}: {sorted(anchors(target))}'


def anchors(path):
    """The ids that headings of a page get."""
    titles = re.findall(r'^#+ (.*)$', path.read_text('utf-8'), re.MULTILINE)
    return {re.sub(r'[-\s]+', '-', re.sub(r'[^\w\s-]', '', title).strip().lower()) for title in titles}


def test_every_room_has_a_reference_page():
    pages = ''.join(path.read_text('utf-8') for path in (DOCS / 'reference').glob('*.md'))
    documented = set(re.findall(r'^::: (vtzoo\S*)', pages, re.MULTILINE))
    rooms = {path.parent.name for path in (ROOT / 'vtzoo').glob('*/__init__.py')} - {'weights'}
    files = {path.stem for path in (ROOT / 'vtzoo').glob('*.py')} - {'__init__', '__main__'}
    assert documented == {f'vtzoo.{name}' for name in rooms | files}


def test_every_page_is_in_the_navigation():
    text = (ROOT / 'mkdocs.yml').read_text('utf-8')
    named = set(re.findall(r'[\w/]+\.md$', text, re.MULTILINE))
    here = {path.relative_to(DOCS).as_posix() for path in PAGES}
    assert here <= named
    assert named - here == {'data.md', 'cards/README.md', 'changelog.md', 'contributing.md'}


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stripped_and_parse(path):
    book = json.loads(path.read_text('utf-8'))
    cells = [cell for cell in book['cells'] if cell['cell_type'] == 'code']
    assert cells
    for cell in cells:
        assert cell['outputs'] == []
        assert cell['execution_count'] is None
        ast.parse('\n'.join(line for line in joined(cell) if not line.startswith('!')))


def joined(cell):
    """The lines of a cell, those joined that a backslash continues."""
    return ''.join(cell['source']).replace('\\\n', ' ').splitlines()


def test_commands_of_notebooks_exist(parsers, capsys):
    lines = [(path.stem, line[1:]) for path in NOTEBOOKS for cell in json.loads(path.read_text('utf-8'))['cells']
             for line in joined(cell) if line.startswith('!')]
    assert lines
    for name, line in lines:
        for words in commands(line):
            asked = vtzoo_words(words)
            assert asked is None or not _fault(parsers, asked), f'{name}: {line}: {_fault(parsers, asked)}'


@pytest.mark.slow
@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path):
    pytest.importorskip('nbclient', reason="nbclient is not installed: pip install -e '.[docs]'")
    pytest.importorskip('ipykernel', reason="ipykernel is not installed: pip install -e '.[docs]'")
    nbformat = pytest.importorskip('nbformat')
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if cell.cell_type == 'code':  # a command that fails does not stop a notebook by itself
            lines = ((line, 'assert _exit_code == 0') if line.startswith('!') else (line,) for line in joined(cell))
            cell.source = '\n'.join(line for some in lines for line in some)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        NotebookClient(book, timeout=300, resources={'metadata': {'path': str(tmp_path)}}).execute()
    assert any(cell.outputs for cell in book.cells if cell.cell_type == 'code')


@pytest.mark.slow
def test_the_site_builds_strictly(tmp_path):
    for package in ('mkdocs', 'material', 'mkdocstrings_handlers'):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: pip install -e '.[docs]'")
    done = subprocess.run([sys.executable, '-m', 'mkdocs', 'build', '--strict', '-d', str(tmp_path / 'site')],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    text = (tmp_path / 'site' / 'reference' / 'models.html').read_text('utf-8')
    assert 'AsymmetricMAM' in text
    assert 'vtzoo export' in (tmp_path / 'site' / 'reference' / 'commands.html').read_text('utf-8')
    pages = [path.read_text('utf-8') for path in (tmp_path / 'site').rglob('*.html')]
    asked = re.compile(r'<(?:link|script)[^>]+(?:href|src)="(https?:[^"]+)"')
    fetched = {link for page in pages for link in asked.findall(page)}
    assert not fetched, 'the site needs nothing from elsewhere'
