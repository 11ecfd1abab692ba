"""Progress of long work: one line on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from vtzoo.utils.formats import clock

T = TypeVar('T')


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Pass items on, saying how many of ``total`` are done, the rate and the time left, on stderr."""
    total = len(items) if total is None else total
    live = sys.stderr.isatty()
    start = said = time.monotonic()
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said < (0.2 if live else 30) and done != total:
            continue
        said, rate = now, done / max(now - start, 1e-9)
        left = f', {clock((total - done) / rate)} left' if total and done < total else ''
        line = f'{what} {done}/{total} ({rate:.1f}/s{left})'
        print(f'\r{line:<78}' if live else line, end='' if live else '\n', file=sys.stderr, flush=True)
    if live and done:
        print(file=sys.stderr)
