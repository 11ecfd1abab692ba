"""An anatomy as a picture: templates above, search region below, and arrows where one reads the other."""

from __future__ import annotations

import re
from itertools import groupby
from typing import NamedTuple

import numpy as np

from vtzoo.introspection.anatomy import Anatomy, Row, Sight
from vtzoo.introspection.canvas import GREY, INK, Canvas, Colour
from vtzoo.utils.formats import millions, operations

ONCE, ALWAYS = ((222, 235, 250), (60, 110, 180)), ((253, 235, 215), (205, 115, 30))
"""Fill and edge of what is computed once for a video, and with every frame."""
WIDTH, GAP, HEIGHT = 150, 30, 80
ABOVE, BELOW, FOOT = 120, 276, 402
NARROWEST = 700  # holds the line at the foot


class Column(NamedTuple):
    """Layers in a row in which the same streams see one another. z, x: what leaves them."""

    title: str
    layers: str
    sights: list[Sight]
    z: str
    x: str
    inside: str  # 'backbone' or 'fusion'


def diagram(anatomy: Anatomy) -> np.ndarray:
    """(h, w, 3) uint8 RGB."""
    part = {row.part: row for row in anatomy.rows}
    columns = _columns(anatomy, part)
    ends = [part[name] for name in ('head', 'confidence') if name in part]
    lefts = [20 + i * (WIDTH + GAP) for i in range(1 + len(columns) + len(ends))]
    canvas = Canvas(max(lefts[-1] + WIDTH + 20, NARROWEST), FOOT + 24)
    _title(canvas, anatomy)
    _headings(canvas, columns, lefts, part)
    for y, name, colours, size in ((ABOVE, 'templates', ONCE, part['crop'].z),
                                   (BELOW, 'search region', ALWAYS, part['crop'].x)):
        _block(canvas, lefts[0], y, colours, name, [part['crop'].what, size])
    readers = [i for i, column in enumerate(columns) if any('template' in sight.whom for sight in column.sights)]
    for i, (x, column) in enumerate(zip(lefts[1:], columns, strict=False)):
        _column(canvas, x, column, i <= max(readers, default=-1), _last_templates(columns[:i + 1])[1])
    for x, row in zip(lefts[1 + len(columns):], ends, strict=True):
        canvas.arrow([(x - GAP, BELOW + HEIGHT / 2), (x - 3, BELOW + HEIGHT / 2)], GREY)
        _block(canvas, x, BELOW, ALWAYS, row.part, [row.what, millions(row.parameters)])
    if 'confidence' in part:
        colour, middle = _last_templates(columns)[1], ABOVE + HEIGHT / 2
        canvas.arrow([(lefts[len(columns)] + WIDTH, middle), (lefts[-1] + WIDTH / 2, middle),
                      (lefts[-1] + WIDTH / 2, BELOW - 3)], colour, 2)
    return canvas.finished()


def _title(canvas: Canvas, anatomy: Anatomy) -> None:
    macs = anatomy.macs
    canvas.text(anatomy.name, 20, 34, 15)
    canvas.text(f'{millions(anatomy.parameters)} parameters   {operations(macs["templates"])} MACs once   '
                f'{operations(macs["frame"])} MACs a frame', 20, 56, 10, GREY)
    for x, colours, said in ((20, ONCE, 'once for a video'), (160, ALWAYS, 'with every frame')):
        canvas.box(x, FOOT - 12, 16, 14, *colours, radius=3)
        canvas.text(said, x + 22, FOOT, 10, GREY)
    canvas.text('arrows between the rows: the end reads the beginning', 310, FOOT, 10, GREY)


def _headings(canvas: Canvas, columns: list[Column], lefts: list[int], part: dict[str, Row]) -> None:
    """Names and parameters of backbone and fusion, over the columns that are theirs."""
    mixed_inside = all(column.inside == 'backbone' for column in columns)
    places = list(zip(lefts[1:], columns, strict=False))
    for name, group in groupby(places, key=lambda place: place[1].inside):
        xs = [x for x, _ in group]
        said = f'{part[name].what}   {millions(part[name].parameters)}'
        if mixed_inside:
            said += f'   mixed by {part["fusion"].what}'
        canvas.text(said, xs[0], ABOVE - 24, 11, INK)
        canvas.line([(xs[0], ABOVE - 14), (xs[-1] + WIDTH, ABOVE - 14)], GREY, 0.5)


def _columns(anatomy: Anatomy, part: dict[str, Row]) -> list[Column]:
    """Stages of the backbone apart, and inside a stage the blocks in which different streams meet."""
    gives = next(row for row in anatomy.rows if row.part == '  gives')
    columns = []
    layers = {place: sights for place, sights in anatomy.layers.items() if anatomy.homes[place] != 'confidence'}

    def key(place: str) -> tuple[str, list[Sight]]:
        return place.split(',')[0] if ',' in place else place.rstrip(' 0123456789'), layers[place]

    for (title, sights), group in groupby(layers, key=key):
        places = list(group)
        home = anatomy.homes[places[0]]
        row = part.get(f'  {title}', part.get('  map', part.get('  stage 1'))) if home == 'backbone' else None
        z, x = (gives.z, gives.x) if row is None else (row.z, row.x)
        unit, numbers = _unit(places)
        if ',' in places[0] or title == places[0]:  # 'stage 1, block 2', or a part as a whole
            columns.append(Column(title, _counted(unit, numbers), sights, z, x, home))
        else:
            kind, _, unit = title.rpartition(' ')
            columns.append(Column(kind or part[home].what, _counted(unit, numbers), sights, z, x, home))
    return columns


def _unit(places: list[str]) -> tuple[str, list[str]]:
    """'stage 1, block 2', 'stage 1, block 3' -> 'block', ['2', '3']; no numbers for a part as a whole."""
    words = [re.fullmatch(r'(?:.*, )?(.*?) ?(\d*)', place) for place in places]
    return words[0][1], [word[2] for word in words if word[2]]


def _counted(unit: str, numbers: list[str]) -> str:
    if len(numbers) < 2:
        return f'{unit} {numbers[0]}' if numbers else ''
    return f'{unit}s {numbers[0]} to {numbers[-1]}'


def _last_templates(columns: list[Column]) -> tuple[Colour, Colour]:
    """The colours of the last column that computes templates."""
    sights = [sight for column in columns for sight in column.sights if 'template' in sight.who]
    return ONCE if sights[-1].once else ALWAYS


def _column(canvas: Canvas, x: float, column: Column, lane: bool, colour: Colour) -> None:
    """Both streams in one column. lane: templates that rest here are still read, here or further on; in this colour."""
    z = [sight for sight in column.sights if 'template' in sight.who]
    s = [sight for sight in column.sights if 'search' in sight.who]
    above, below = ABOVE + HEIGHT / 2, BELOW + HEIGHT / 2
    if lane and not z:
        canvas.line([(x - GAP, above), (x + WIDTH, above)], GREY)
    if z:
        canvas.arrow([(x - GAP, above), (x - 3, above)], GREY)
        colours = ONCE if all(sight.once for sight in z) else ALWAYS
        _block(canvas, x, ABOVE, colours, column.title, [column.layers, column.z])
    if not s:
        canvas.line([(x - GAP, below), (x + WIDTH, below)], GREY)
    if s:
        canvas.arrow([(x - GAP, below), (x - 3, below)], GREY)
        more = [sight.whom.split(', ')[-1] for sight in s if 'keys each' in sight.whom]
        more += ['and a query token'] if 'query token' in s[0].who else []
        _block(canvas, x, BELOW, ALWAYS, column.title, [column.layers, column.x, *more])
    if any('template' in sight.whom for sight in s):
        canvas.arrow([(x + WIDTH * 0.4, ABOVE + HEIGHT if z else above), (x + WIDTH * 0.4, BELOW - 3)], colour, 2)
    if any('search' in sight.whom for sight in z):
        canvas.arrow([(x + WIDTH * 0.6, BELOW), (x + WIDTH * 0.6, ABOVE + HEIGHT + 3)], ALWAYS[1], 2)


def _block(canvas: Canvas, x: float, y: float, colours: tuple[Colour, Colour], title: str, lines: list[str]) -> None:
    canvas.box(x, y, WIDTH, HEIGHT, *colours)
    canvas.text(title, x + WIDTH / 2, y + 21, 11, INK, 'middle')
    for i, line in enumerate(line for line in lines if line):
        canvas.text(line, x + WIDTH / 2, y + 39 + 16 * i, 9.5, GREY, 'middle')
