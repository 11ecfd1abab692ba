"""What the tests of `vtzoo data check` share: a small set, and a run with its report."""

import json

from tests.data.datasets import layouts
from vtzoo.cli import main


def set_to_check(folder, monkeypatch, train):
    """GOT-10k with so many training sequences, in a folder that becomes the working one -> its root."""
    monkeypatch.setenv('VTZOO_CACHE', str(folder / 'cache'))
    monkeypatch.chdir(folder)
    layouts.got10k(folder / 'sets', train=train)
    for number, path in enumerate(sorted((folder / 'sets').rglob('00000001.jpg'))):
        layouts.write(path, layouts.picture(10 + number))  # first frames of their own
    return folder / 'sets'


def check(root, *args):
    """-> exit code, report."""
    code = main(['data', 'check', str(root), '--workers', '1', '--out', 'report.json', *args])
    with open('report.json') as file:
        return code, json.load(file)
