"""A small benchmark and a tracker with random weights, made once."""

import pytest

from tests.evaluation.sets import CONFIGS, write_checkpoint, write_got10k
from vtzoo.cli import main


@pytest.fixture(scope='session')
def data(tmp_path_factory):
    """A data root with a small GOT-10k."""
    return write_got10k(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='session')
def config():
    return str(CONFIGS / 'mixformer_tiny.py')


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    return str(write_checkpoint(tmp_path_factory.mktemp('weights') / 'tiny.pth'))


@pytest.fixture(scope='session')
def run_folder(tmp_path_factory, data, config, checkpoint):
    """The results of an uninterrupted run, one sequence after the other."""
    out = tmp_path_factory.mktemp('results') / 'tiny'
    command = ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(data), '--out', str(out)]
    assert main([*command, '--workers', '1']) == 0
    return out
