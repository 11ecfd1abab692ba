"""Progress of long work: tqdm's bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar('T')
LOG = '{desc}: {n_fmt}/{total_fmt} ({rate_fmt}, {remaining} left)'
SECONDS = 30
"""Between two lines in a log; work that takes less leaves none there."""


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Pass items on, saying how many of ``total`` are done, the rate and the time left, on stderr."""
    form: dict[str, Any] = dict(ncols=shutil.get_terminal_size().columns, leave=None)  # one inside another goes
    if not sys.stderr.isatty():
        form = dict(file=_Lines(), bar_format=LOG, mininterval=SECONDS, miniters=1, delay=1e-3, position=0, leave=False)
    return iter(_Bar(items, what, total, **form))


class _Bar(tqdm):
    """tqdm without a thread that watches it: loaders of samples fork, which processes with threads should not."""

    monitor_interval = 0


class _Lines:
    """stderr for tqdm, which begins a line with a carriage return: in a log, lines end instead."""

    def write(self, text: str) -> None:
        text = text.strip()
        if text:
            print(text, file=sys.stderr, flush=True)

    def flush(self) -> None:
        """Every line is flushed as it is written."""
