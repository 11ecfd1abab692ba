"""An anatomy as text for a terminal of 80 columns or more."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from vtzoo.introspection.anatomy import Anatomy, Row, Sight
from vtzoo.utils.formats import NARROW, columns_shown, millions, operations
from vtzoo.zoo.bibtex import Entry


def explain_text(anatomy: Anatomy, summary: str = '', paper: Entry | None = None) -> str:
    """Part by part, then who may see whom.

    Args:
        anatomy: of the tracker.
        summary: what the config says of itself.
        paper: about this very tracker.
    """
    macs, many = anatomy.macs, '1 template' if anatomy.templates == 1 else f'{anatomy.templates} templates'
    cost = (f'{millions(anatomy.parameters)} parameters. MACs: {operations(macs["templates"])} to memorize {many}, '
            f'{operations(macs["frame"])} a frame.')
    head = [summary, f'{paper.title}. {paper.short}.' if paper else '', cost]
    return '\n'.join([anatomy.name, *(textwrap.fill(text, columns_shown()) for text in head if text), '',
                      *_table(anatomy.rows), '', *_sights(anatomy.layers)])


def _table(rows: list[Row]) -> Iterator[str]:
    yield f' {"part":<12}{"":<22}{"templates":<19}{"search region":<16}{"parameters":>10}'
    for row in rows:
        if not (row.z or row.x or row.parameters is not None):  # words only: they may run on
            yield from textwrap.wrap(f' {row.part:<12}{row.what}', columns_shown(), subsequent_indent=' ' * 13)
            continue
        parameters = '' if row.parameters is None else millions(row.parameters)
        yield f' {row.part:<12}{row.what:<22}{row.z:<19}{row.x:<16}{parameters:>10}'.rstrip()


def _sights(layers: dict[str, list[Sight]]) -> Iterator[str]:
    """Layers in which the same streams see one another stand together."""
    if layers:
        yield ' who may see whom'
    for sights, group in groupby(layers, key=layers.get):
        names = list(group)
        yield f'   {names[0]}' + (f' to {names[-1]}' if len(names) > 1 else '')
        for sight in sights:
            kind = f'{sight.kind}: ' if sight.kind else ''
            when = 'once' if sight.once else 'every frame'
            yield f'     {kind}{sight.who} -> {sight.whom}'.ljust(NARROW - 12) + when.rjust(12)
