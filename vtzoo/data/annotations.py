"""Annotation files into arrays. Whatever is wrong with one is an AnnotationError that names it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import numpy as np

from vtzoo.data.archives import Folder, ZippedFolder
from vtzoo.data.errors import AnnotationError
from vtzoo.data.rows import in_fractions, parse_boxes, parse_numbers
from vtzoo.data.text_lines import decode_text

Place = Folder | ZippedFolder

LARGEST = 1e6
"""No coordinate is larger, in pixels: beyond it a file is damaged."""

_SEPARATORS = str.maketrans(',;\t', '   ')


def read_text(place: Place, name: str) -> str:
    """A text file's contents."""
    return decode_text(place.data(name), f'{place}/{name}')


def read_rows(place: Place, name: str, count: int | None = None) -> np.ndarray:
    """A file of boxes -> (N, 4) x y w h, see :func:`vtzoo.data.rows.parse_boxes`."""
    where = f'{place}/{name}'
    return _bounded(parse_boxes(place.data(name), where, count).boxes, where)


def parse_rows(text: str, where: str, columns: int) -> np.ndarray:
    """Lines of ``columns`` numbers -> (N, columns) float64, see :func:`vtzoo.data.rows.parse_numbers`."""
    return _bounded(parse_numbers(text, where, columns), where)


def _bounded(values: np.ndarray, where: str) -> np.ndarray:
    if (np.abs(values) > LARGEST).any():
        raise AnnotationError(f'{where} has a number that no image holds.')
    return values


def boxes_of_frames(data: bytes, where: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Your own annotation -> boxes (F, 4), NaN where there is none, and visible (F,) of ``count`` frames.

    A line a frame, a single line for the first, or a column 'frame'. That one counts from 0; from 1 where it
    reaches ``count``. If it begins at 1 and ends before, that cannot be told, and is refused.

    Raises:
        AnnotationError: rows and frames do not fit together, or the boxes are not in pixels.
    """
    found = parse_boxes(data, where, count)
    boxes, frames = _bounded(found.boxes, where), found.frames
    if in_fractions(boxes):
        raise AnnotationError(f'{where} has boxes in fractions of the image, such as {_first_known(boxes)}: write '
                              'pixels, x and w times the width, y and h times the height.')
    if frames is None:
        if len(boxes) not in (1, count):
            raise AnnotationError(f'{where} has {len(boxes)} boxes for {count} frames.')
        places = np.arange(len(boxes))
    else:
        places = _places(frames, found.lines, count, where)
    placed, visible = filled(np.empty((0, 4)), count), np.zeros(count, bool)
    placed[places], visible[places] = boxes, True if found.visible is None else found.visible
    return placed, visible & has_size(placed)


def _places(frames: np.ndarray, lines: np.ndarray, count: int, where: str) -> np.ndarray:
    """Frame numbers of a file -> indices."""
    first = 1 if frames.min() >= 1 and frames.max() == count else 0
    wrong = ~np.isin(frames, np.arange(count) + first)
    if wrong.any():
        raise AnnotationError(f"{where} line {lines[wrong][0]} names frame {frames[wrong][0]:g} in its column 'frame': "
                              f'expected whole numbers 0..{count - 1}, or 1..{count}.')
    if first == 0 and frames.min() == 1:
        raise AnnotationError(f"{where} begins at frame 1 and ends at {frames.max():g} in its column 'frame', so "
                              f'it may count from 0 or from 1: add a line for frame 0 (0 and empty cells) or {count}.')
    unique, counts = np.unique(frames, return_counts=True)
    if (counts > 1).any():
        twice = unique[counts > 1][0]
        raise AnnotationError(f"{where} has frame {twice:g} in its column 'frame' in lines "
                              f'{" and ".join(map(str, lines[frames == twice][:2]))}: expected one line a frame.')
    return (frames - first).astype(int)


def _first_known(boxes: np.ndarray) -> str:
    return ','.join(f'{value:g}' for value in boxes[has_size(boxes)][0])


def to_box(values: Any) -> np.ndarray:
    """Four numbers that an image may hold -> (4,) float64; ValueError otherwise."""
    box = np.array(values, np.float64)
    if box.shape != (4,) or not (np.abs(box) <= LARGEST).all():
        raise ValueError(f'{values!r} is not a box')
    return box


def read_flags(place: Place, name: str, count: int, highest: int = 1) -> np.ndarray:
    """A file with one whole number 0..highest for each of ``count`` frames, on lines or in one -> (count,) int8."""
    where, text = f'{place}/{name}', read_text(place, name)
    if len(text) > 1000 + 16 * count:
        raise AnnotationError(f'{where} has many more values than {count}, the number of boxes.')
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
    objects, data = [], place.data(name)
    if b'<!DOCTYPE' in data or b'<!ENTITY' in data:  # entities that name each other grow without end
        raise AnnotationError(f'{where} declares entities of its own, which annotations in XML do not need.')
    try:
        for node in ElementTree.fromstring(data).iter('object'):
            corners = {side.tag: float(side.text) for side in node.find('bndbox')}
            x, y, right, bottom = (corners[side] for side in ('xmin', 'ymin', 'xmax', 'ymax'))
            box = to_box((x, y, right - x + 1, bottom - y + 1))
            objects.append({tag.tag: tag.text for tag in node} | dict(box=box))
    except (ElementTree.ParseError, ValueError, TypeError, KeyError, LookupError) as error:
        raise AnnotationError(f'{where} is not an annotation in XML ({error}).') from error
    return objects


def read_json(place: Place, name: str) -> dict[str, Any]:
    """A JSON file that holds an object."""
    try:
        data = place.data(name, 'VTZOO_MAX_JSON_MB')
        value = json.loads(data.removeprefix(b'\xef\xbb\xbf'))
    except AnnotationError:
        raise
    except (ValueError, RecursionError) as error:
        raise AnnotationError(f'{place}/{name} is not JSON ({error}).') from error
    if not isinstance(value, dict):
        raise AnnotationError(f'{place}/{name} is a JSON {type(value).__name__}, not an object.')
    return value


def filled(boxes: np.ndarray, count: int) -> np.ndarray:
    """(N, 4) -> (count, 4), NaN after the boxes there are: splits that publish the first box only."""
    return np.concatenate([boxes, np.full((count - len(boxes), 4), np.nan)])


def has_size(boxes: np.ndarray) -> np.ndarray:
    """(F,) bool: which boxes are known whole and have a width and a height."""
    return (boxes[:, 2:] > 0).all(1) & np.isfinite(boxes[:, :2]).all(1)
