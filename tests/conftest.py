"""What tests share: small models, recorded values, and the table of what was compared with them."""

import signal
from pathlib import Path

import numpy as np
import pytest
import torch

import vtzoo
from tests.parity import ROWS, markdown

HERE = Path(__file__).parent

torch.set_num_threads(1)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell leaves it for what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def one_thread():
    """A training in this process leaves torch as many threads as it took, and other threads round sums differently."""
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """``-n 2`` ends when both are done: who has none left takes tests of the other."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption('dist') == 'load' else None


def pytest_addoption(parser):
    parser.addoption('--parity-table', action='store_true', help='print the differences to the recorded values')


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption('--parity-table') and ROWS:
        terminalreporter.write_line(markdown())


@pytest.fixture(scope='session')
def recorded():
    """Load a file of recorded values by name."""
    def load(name):
        return np.load(HERE / 'data' / f'{name}.npz')
    return load


@pytest.fixture(scope='session')
def tiny():
    """A config of tests/configs by name."""
    def load(name, options=None):
        return vtzoo.load_config(HERE / 'configs' / f'{name}.py', options)
    return load
