"""What is installed is what is here, and what is imported is declared, in versions that are tested."""

import ast
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from setuptools import find_packages

from vtzoo.config import travelling_folder

ROOT = Path(__file__).parents[1]


def setup():
    parser = ConfigParser()
    parser.read(ROOT / 'setup.cfg')
    return parser


def test_every_package_is_listed():
    listed = setup()['options']['packages'].split()
    travelling = [f'vtzoo.{folder}' for folder in ('configs', 'model_cards')]
    assert sorted(listed) == sorted([*find_packages(str(ROOT), include=['vtzoo*']), *travelling])
    homes = setup()['options']['package_dir'].replace(' ', '').split()
    assert homes == ['vtzoo.configs=configs', 'vtzoo.model_cards=model_cards']
    assert travelling_folder('configs') == ROOT / 'configs'


def test_every_file_of_data_travels():
    patterns = setup()['options.package_data']['*'].split()
    for folder in (ROOT / 'vtzoo', ROOT / 'configs', ROOT / 'model_cards'):
        for path in folder.rglob('*'):
            if path.is_file() and '__pycache__' not in path.parts:
                assert f'**/*{path.suffix}' in patterns, path


DISTRIBUTIONS = dict(cv2='opencv-python', mmcv='mmcv-lite', yaml='PyYAML', PIL='pillow', trax='vot-trax',
                     xdist='pytest-xdist')
"""Of packages whose distribution has another name."""
THROUGH = {'vot-trax': 'vot-toolkit'}
"""Of packages that come with another one, which is declared."""


def requirements(*extras):
    """Distribution -> the versions that do, of what an installation with some extras asks for."""
    parser = setup()
    lines = [parser['options']['install_requires'], *(parser['options.extras_require'][extra] for extra in extras)]
    return dict(re.fullmatch('([^=>]+)(.*)', line).groups() for line in '\n'.join(lines).split())


def imports(folder):
    """Package -> a file that imports it, of what is neither Python's own nor ours, nor used only where it is there."""
    found = {}
    for path in sorted((ROOT / folder).rglob('*.py')):
        text = path.read_text('utf-8')
        optional = {name.partition('.')[0] for name in re.findall(r"pytest\.importorskip\('([\w.]+)'", text)}
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {name.partition('.')[0]: path for name in names if name.partition('.')[0] not in optional}
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, 'vtzoo', 'tests'}}


@pytest.mark.parametrize(('folder', 'extras'), [
    ('vtzoo', ['vot', 'ui', 'drive', 'export']), ('configs', []), ('tools', ['test']), ('tests', ['test', 'vot'])])
def test_every_package_that_is_imported_is_declared(folder, extras):
    declared = requirements(*extras)
    for name, path in imports(folder).items():
        distribution = DISTRIBUTIONS.get(name, name)
        assert THROUGH.get(distribution, distribution) in declared, f'{path} imports {name}'


def versions(name):
    """Distribution -> version, of a file of constraints."""
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split('==') for line in lines if not line.startswith('#'))


def test_the_oldest_and_the_newest_versions_are_those_that_are_tested():
    oldest, newest = versions('constraints-oldest.txt'), versions('constraints.txt')
    number = lambda text: [int(part) for part in re.findall(r'\d+', text)]  # noqa: E731
    for name, bound in requirements('test').items():
        assert name in newest, f'{name} is missing from constraints.txt'
        if bound.startswith('>='):
            assert number(oldest[name])[:len(number(bound))] == number(bound), name
            assert number(newest[name]) >= number(oldest[name]), name
