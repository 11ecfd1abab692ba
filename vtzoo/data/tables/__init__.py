"""The sets' published lists, as data files; the first line of each names its source."""

from __future__ import annotations

import csv
import functools
from pathlib import Path


@functools.cache
def names(table: str) -> tuple[str, ...]:
    """The first column of a list such as 'lasot_test', in its order."""
    return tuple(line.split('\t')[0] for line in _lines(f'{table}.txt'))


@functools.cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of a table such as 'uav123', by column."""
    return tuple(csv.DictReader(_lines(f'{table}.csv')))


def _lines(file: str) -> list[str]:
    text = (Path(__file__).parent / file).read_text(encoding='utf-8')
    return [line for line in text.splitlines() if line and not line.startswith('#')]
