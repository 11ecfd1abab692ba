"""What a log and a terminal show of long work."""

import io
import time

import pytest

from vtzoo.utils import progress as module
from vtzoo.utils.progress import progress


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_items_pass_in_their_order():
    assert list(progress(iter('abc'), 'letters', 3)) == ['a', 'b', 'c']
    assert list(progress([], 'nothing')) == []


def test_a_log_has_whole_lines(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr('sys.stderr', log)
    monkeypatch.setattr(module, 'SECONDS', 1e-9)
    for _ in progress(range(3), 'testing'):
        time.sleep(0.005)  # more than the moment in which nothing is said
    *lines, rest = log.getvalue().split('\n')
    assert rest == ''
    assert '\r' not in log.getvalue()
    assert lines[0].startswith('testing: 1/3 (')
    assert lines[-1].startswith('testing: 3/3 (')
    assert 'left)' in lines[0]


def test_work_inside_work_is_lines_too(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr('sys.stderr', log)
    monkeypatch.setattr(module, 'SECONDS', 1e-9)
    for _ in progress(range(2), 'trackers'):
        for _ in progress(range(2), 'graphs'):
            time.sleep(0.005)
    assert [line.split(' (')[0] for line in log.getvalue().splitlines()] == [
        'graphs: 1/2', 'graphs: 2/2', 'trackers: 1/2', 'graphs: 1/2', 'graphs: 2/2', 'trackers: 2/2']


def test_short_work_leaves_nothing_in_a_log(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr('sys.stderr', log)
    list(progress(range(3), 'testing'))
    assert log.getvalue() == ''


@pytest.mark.parametrize('columns', [40, 100])
def test_a_terminal_has_a_bar_that_fits(monkeypatch, columns):
    screen = Terminal()
    monkeypatch.setattr('sys.stderr', screen)
    monkeypatch.setenv('COLUMNS', str(columns))
    list(progress(range(3), 'testing'))
    last = screen.getvalue().strip().split('\r')[-1]
    assert last.startswith('testing: 100%')
    assert '3/3' in last
    assert len(last) <= columns
