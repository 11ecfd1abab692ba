"""How numbers and tables are written, the same everywhere."""

from __future__ import annotations

import io
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


def columns_text(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = (),
                 long: int = 1) -> str:
    """Rows of text for a terminal, as wide as the window.

    Args:
        columns: their names.
        rows: of cells.
        right: names of the columns that are aligned to the right.
        long: how many of the last columns run on below themselves where the window is too narrow.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style='none', expand=long > 1)
    for i, name in enumerate(columns):
        runs_on = i >= len(columns) - long
        table.add_column(Text(name), justify='right' if name in right else 'left', no_wrap=not runs_on,
                         overflow='fold', ratio=1 if runs_on and long > 1 else None)
    for row in rows:
        table.add_row(*map(Text, row))
    text = io.StringIO()
    Console(file=text, width=columns_shown(), color_system=None, force_terminal=False).print(table)
    return '\n'.join(line.rstrip() for line in text.getvalue().splitlines())


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = (),
                   padded: bool = False) -> str:
    """A table in Markdown, by hand since rich's has no columns to the right.

    Args:
        columns: their names.
        rows: of cells.
        right: names of the columns that are aligned to the right.
        padded: cells of a column are as wide as each other, so that the text reads well on a terminal too.
    """
    table = [columns, *rows]
    widths = [max(3, *map(len, cells)) if padded else 3 for cells in zip(*table, strict=True)]
    rule = ['---:'.rjust(width, '-') if name in right else '-' * width
            for name, width in zip(columns, widths, strict=True)]
    if padded:
        rule = [dashes[-width:] for dashes, width in zip(rule, widths, strict=True)]
        table = [[cell.rjust(width) if name in right else cell.ljust(width)
                  for name, cell, width in zip(columns, row, widths, strict=True)] for row in table]
    return '\n'.join(f'| {" | ".join(row)} |' for row in [table[0], rule, *table[1:]])
