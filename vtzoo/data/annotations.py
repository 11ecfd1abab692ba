"""Annotation files into arrays. Whatever is wrong with one is an AnnotationError that names it."""

from __future__ import annotations

import csv
import json
from typing import Any
from xml.etree import ElementTree

import numpy as np

from vtzoo.data.archives import Folder, ZippedFolder
from vtzoo.data.sequence import AnnotationError

Place = Folder | ZippedFolder

LARGEST = 1e6
"""No coordinate is larger, in pixels: beyond it a file is damaged."""

_SEPARATORS = str.maketrans(',;\t', '   ')


def read_text(place: Place, name: str) -> str:
    """A text file's contents."""
    try:
        return place.data(name).decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise AnnotationError(f'{place}/{name} is no text file.') from error


def read_rows(place: Place, name: str, columns: int = 4) -> np.ndarray:
    """A file with ``columns`` numbers a line, see :func:`parse_rows`."""
    return parse_rows(read_text(place, name), f'{place}/{name}', columns)


def parse_rows(text: str, where: str, columns: int = 4) -> np.ndarray:
    """Lines of numbers -> (N, columns) float64. Commas, semicolons, tabs or spaces between; NaN is a number."""
    rows = []
    for number, line in enumerate(text.rstrip().splitlines(), 1):
        try:
            row = list(map(float, line.translate(_SEPARATORS).split()))
        except ValueError:
            row = []
        if len(row) != columns:
            raise AnnotationError(f'{where} line {number} is not {columns} numbers: {line[:60]!r}.')
        rows.append(row)
    values = np.array(rows, np.float64).reshape(-1, columns)
    if not rows:
        raise AnnotationError(f'{where} is empty.')
    if (np.abs(values) > LARGEST).any():
        raise AnnotationError(f'{where} has a number that no image holds.')
    return values


def parse_columns(text: str, where: str) -> dict[str, np.ndarray]:
    """Numbers by the name of their column; without a header line, the columns are x, y, w, h.

    Of a header's columns x, y, w, h, frame and visible are read; an empty cell is NaN.
    """
    header, _, body = text.partition('\n')
    names = [name.strip().lower() for name in header.split(',')]
    if not {'x', 'y', 'w', 'h'} <= set(names):
        return dict(zip('xywh', parse_rows(text, where).T, strict=True))
    wanted = [name for name in ('x', 'y', 'w', 'h', 'frame', 'visible') if name in names]
    lines = []
    for row in csv.reader(body.rstrip().splitlines()):
        cells = dict(zip(names, row, strict=False))
        lines.append(' '.join(cells.get(name, '').strip() or 'nan' for name in wanted))
    return dict(zip(wanted, parse_rows('\n'.join(lines), f'{where}, below its header,', len(wanted)).T, strict=True))


def rows_to_frames(columns: dict[str, np.ndarray], count: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Columns of :func:`parse_columns` -> boxes (F, 4), NaN where there is none, and visible (F,) of ``count`` frames.

    Raises:
        AnnotationError: rows and frames do not fit together.
    """
    boxes, rows = np.stack([columns[side] for side in 'xywh'], 1), columns.get('frame')
    if rows is None and len(boxes) not in (1, count):
        raise AnnotationError(f'{where} has {len(boxes)} boxes for {count} frames.')
    if rows is not None and not np.isin(rows, np.arange(count)).all():
        raise AnnotationError(f"{where} names frames outside 0..{count - 1} in its column 'frame'.")
    rows = np.arange(len(boxes)) if rows is None else rows.astype(int)
    placed, visible = filled(np.empty((0, 4)), count), np.zeros(count, bool)
    placed[rows], visible[rows] = boxes, columns.get('visible', np.ones(len(rows))) > 0
    return placed, visible & has_size(placed)


def to_box(values: Any) -> np.ndarray:
    """Four numbers that an image may hold -> (4,) float64; ValueError otherwise."""
    box = np.array(values, np.float64)
    if box.shape != (4,) or not (np.abs(box) <= LARGEST).all():
        raise ValueError(f'{values!r} is no box')
    return box


def read_flags(place: Place, name: str, count: int, highest: int = 1) -> np.ndarray:
    """A file with one whole number 0..highest for each of ``count`` frames, on lines or in one -> (count,) int8."""
    where, text = f'{place}/{name}', read_text(place, name)
    try:
        flags = np.array(list(map(int, text.translate(_SEPARATORS).split())), np.int64)
    except (ValueError, OverflowError) as error:
        raise AnnotationError(f'{where} holds something other than whole numbers.') from error
    if len(flags) != count:
        raise AnnotationError(f'{where} has {len(flags)} values for {count} boxes.')
    if flags.min() < 0 or flags.max() > highest:
        raise AnnotationError(f'{where} has values outside 0..{highest}.')
    return flags.astype(np.int8)


def read_xml(place: Place, name: str) -> list[dict[str, Any]]:
    """The objects of a PASCAL-style file: dicts of their tags' text, and ``box`` (4,) x y w h.

    ImageNet counts both edge pixels: w = xmax - xmin + 1, as SparseTT and the GOT-10k toolkit read it.
    """
    where = f'{place}/{name}'
    objects = []
    try:
        for node in ElementTree.fromstring(place.data(name)).iter('object'):
            corners = {side.tag: float(side.text) for side in node.find('bndbox')}
            x, y, right, bottom = (corners[side] for side in ('xmin', 'ymin', 'xmax', 'ymax'))
            box = to_box((x, y, right - x + 1, bottom - y + 1))
            objects.append({tag.tag: tag.text for tag in node} | dict(box=box))
    except AnnotationError:
        raise
    except (ElementTree.ParseError, ValueError, TypeError, KeyError, LookupError) as error:
        raise AnnotationError(f'{where} is no annotation in XML ({error}).') from error
    return objects


def read_json(place: Place, name: str) -> dict[str, Any]:
    """A JSON file that holds an object."""
    try:
        value = json.loads(place.data(name))
    except AnnotationError:
        raise
    except (ValueError, RecursionError) as error:
        raise AnnotationError(f'{place}/{name} is no JSON ({error}).') from error
    if not isinstance(value, dict):
        raise AnnotationError(f'{place}/{name} is a JSON {type(value).__name__}, not an object.')
    return value


def filled(boxes: np.ndarray, count: int) -> np.ndarray:
    """(N, 4) -> (count, 4), NaN after the boxes there are: splits that publish the first box only."""
    return np.concatenate([boxes, np.full((count - len(boxes), 4), np.nan)])


def has_size(boxes: np.ndarray) -> np.ndarray:
    """(F,) bool: which boxes are known whole and have a width and a height."""
    return (boxes[:, 2:] > 0).all(1) & np.isfinite(boxes[:, :2]).all(1)
