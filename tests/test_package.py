"""What is installed is what is here: every package, and every file of data, with the configs and the cards."""

from configparser import ConfigParser
from pathlib import Path

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
