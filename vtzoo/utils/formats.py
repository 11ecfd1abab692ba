"""How numbers and tables are written, the same everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

NARROW, WIDE = 80, 160
"""Columns of a terminal: every table fits into the first, and none is stretched beyond the second."""


def columns_shown() -> int:
    """The columns that text may fill: those of the window, or of ``COLUMNS``; 80 where nobody looks."""
    return min(max(shutil.get_terminal_size((NARROW, 24)).columns, NARROW), WIDE)


def millions(parameters: int) -> str:
    """35.6 M."""
    return f'{parameters / 1e6:.1f} M'


def operations(macs: int) -> str:
    """18.65 G, 40.1 M."""
    return f'{macs / 1e9:.2f} G' if macs >= 1e9 else f'{macs / 1e6:.1f} M'


def counted(number: int, thing: str) -> str:
    """1 block, 4 blocks."""
    return f'{number} {thing}' if number == 1 else f'{number} {thing}s'


def clock(seconds: float) -> str:
    """A duration: 0:07, 12:05, 1:02:03."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{seconds:02}' if hours else f'{minutes}:{seconds:02}'


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """A table in Markdown; the columns named in ``right`` are aligned to the right."""
    rule = ['---:' if column in right else '---' for column in columns]
    return '\n'.join(f'| {" | ".join(row)} |' for row in [columns, rule, *rows])
