"""The order of the rooms: a module imports from its own room and from rooms below it, never from above.

Every import counts, whether it stands at the top of a file, inside a function or under TYPE_CHECKING, and so does a
use of the public face (``vtzoo.load_tracker``). Two things do not: the table of lazy names in ``vtzoo/__init__.py``,
and the places where ``vtzoo/registry.py`` looks for parts, which are strings.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vtzoo

PACKAGE = Path(vtzoo.__file__).parent
ROOMS = ('utils', 'boxes', 'structures', 'registry', 'old_keys', 'config', 'data', 'synthetic', 'models', 'checkpoints',
         'inference', 'deploy', 'api', 'evaluation', 'zoo', 'introspection', 'engine', 'sweep', 'tuning', 'ui',
         'commands', 'cli', '__main__')
"""From the ground up."""
WITHOUT_CODE = {'__init__', 'weights'}
KNOWN = {
    ('checkpoints/hub.py', 'zoo'): 'a tracker that is saved for the hub quotes the model card of its config'}
"""Upward arrows that are left, (file, room), and why."""


def arrows(source: str) -> Iterator[str]:
    """The room of every module of vtzoo that a file imports or names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.split('.')[1] for alias in node.names if (name := alias.name).startswith('vtzoo.'))
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, 'imports are absolute'
            if node.module == 'vtzoo':
                yield from (home(alias.name) for alias in node.names if not alias.name.startswith('__'))
            elif node.module.startswith('vtzoo.'):
                yield node.module.split('.')[1]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == 'vtzoo' \
                and not node.attr.startswith('__'):
            yield home(node.attr)


def home(name: str) -> str:
    """The room of an attribute of the package: a name of the public face, or a room itself."""
    return vtzoo._HOMES[name].split('.')[1] if name in vtzoo._HOMES else name


def upward() -> set[tuple[str, str]]:
    """(file, room) of every import that runs against the order."""
    found = set()
    for path in PACKAGE.rglob('*.py'):
        file = path.relative_to(PACKAGE)
        if (room := file.with_suffix('').parts[0]) not in WITHOUT_CODE:
            own = ROOMS.index(room)
            found |= {(file.as_posix(), room) for room in arrows(path.read_text('utf-8')) if ROOMS.index(room) > own}
    return found


def test_every_room_has_its_place():
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == '.py' or any(path.glob('*.py'))}
    assert there - WITHOUT_CODE == set(ROOMS)


def test_no_import_runs_against_the_order():
    assert sorted(upward() - set(KNOWN)) == []


def test_exceptions_are_still_needed():
    assert set(KNOWN) <= upward()


@pytest.mark.parametrize('line', [
    'from vtzoo.zoo.cards import model_card', 'import vtzoo.zoo.cards', 'from vtzoo import zoo',
    'from vtzoo import model_card', 'import vtzoo\nvtzoo.model_card', 'def f():\n    from vtzoo.zoo import cards',
    'if TYPE_CHECKING:\n    from vtzoo.zoo.cards import Card'])
def test_every_form_of_import_is_seen(line):
    assert list(arrows(line)) == ['zoo']
