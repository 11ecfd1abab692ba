"""Regions of the VOT toolkit and their overlap, counted in pixels as vot/region/raster.py does."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vtzoo.utils.limits import limit, read_bytes, too_large
from vtzoo.utils.names import show


@dataclass(frozen=True)
class Mask:
    """Pixels (h, w) bool whose left top one lies at x, y of the image."""

    x: int
    y: int
    pixels: np.ndarray


Region = np.ndarray | Mask | None
"""A box (4,) x y w h, a mask, or a special code, which covers nothing."""
Bounds = tuple[int, int, int, int]


def is_empty(region: Region) -> bool:
    """Whether the toolkit takes a region for empty: a box without size, a mask of one row or column or none."""
    if region is None:
        return True
    if isinstance(region, Mask):
        left, top, right, bottom = _mask_bounds(region)
        return left == right or top == bottom
    return not (region[2] > 0 and region[3] > 0)


def overlap(a: Region, b: Region, size: tuple[int, int] | None = None) -> float:
    """Intersection over union in whole pixels.

    Numbers of a box are rounded one by one (float32, half to even). Two regions within one row or one column
    count as both empty: 1. Inside an image of ``size`` (width, height) they are cut to it; without, a box that
    reaches below 0 loses pixels on its right and bottom, as in the toolkit.
    """
    a, b = _rounded(a), _rounded(b)
    first, second = _bounds(a), _bounds(b)
    left, top, right, bottom = (*map(min, first[:2], second[:2]), *map(max, first[2:], second[2:]))
    if left >= right or top >= bottom:
        return 1.0
    if size is not None:
        left, top, right, bottom = max(0, left), max(0, top), min(size[0] - 1, right), min(size[1] - 1, bottom)
        if left >= right or top >= bottom:
            return 0.0
    frame = (left, top, right, bottom)
    if isinstance(a, Mask) or isinstance(b, Mask):
        a, b = _raster(a, frame), _raster(b, frame)
        common, union = int((a & b).sum()), int((a | b).sum())
    else:
        (a_columns, a_rows), (b_columns, b_rows) = _spans(a, frame), _spans(b, frame)
        common = _common(a_columns, b_columns) * _common(a_rows, b_rows)
        union = len(a_columns) * len(a_rows) + len(b_columns) * len(b_rows) - common
    return common / union if union else 0.0


def _rounded(region: Region) -> Region:
    return region if region is None or isinstance(region, Mask) else np.round(np.asarray(region, np.float32))


def _bounds(region: Region) -> Bounds:
    """Left, top, right, bottom, all inside."""
    if region is None:
        return 0, 0, 0, 0
    if isinstance(region, Mask):
        return _mask_bounds(region)
    x, y, w, h = region
    return round(float(x)), round(float(y)), round(float(x + w - 1)), round(float(y + h - 1))


def _mask_bounds(mask: Mask) -> Bounds:
    rows, columns = mask.pixels.any(1).nonzero()[0], mask.pixels.any(0).nonzero()[0]
    if not len(rows):
        return mask.x, mask.y, mask.x, mask.y
    return (mask.x + int(columns[0]), mask.y + int(rows[0]), mask.x + int(columns[-1]), mask.y + int(rows[-1]))


def _spans(box: np.ndarray | None, frame: Bounds) -> tuple[range, range]:
    """Columns and rows of the frame that a box covers."""
    left, top, right, bottom = frame
    columns, rows = range(right - left + 1), range(bottom - top + 1)
    if box is None:
        return columns[:0], rows[:0]
    x, y, w, h = (int(value) for value in box)
    if x > right or x + w - 1 < left or y > bottom or y + h - 1 < top:
        return columns[:0], rows[:0]
    # min(right, ...) mixes coordinates of image and frame; where the frame starts below 0 that cuts pixels off.
    return (columns[max(0, x - left):min(right, x + w - 1 - left) + 1],
            rows[max(0, y - top):min(bottom, y + h - 1 - top) + 1])


def _common(a: range, b: range) -> int:
    return max(0, min(a.stop, b.stop) - max(a.start, b.start))


def _raster(region: Region, frame: Bounds) -> np.ndarray:
    """(h, w) bool: the pixels of the frame that a region covers."""
    left, top, right, bottom = frame
    pixels = np.zeros((bottom - top + 1, right - left + 1), bool)
    if isinstance(region, Mask):
        h, w = region.pixels.shape
        x, y = max(region.x, left), max(region.y, top)
        width, height = min(right + 1, region.x + w) - x, min(bottom + 1, region.y + h) - y
        if width > 0 and height > 0:
            part = region.pixels[y - region.y:y - region.y + height, x - region.x:x - region.x + width]
            pixels[y - top:y - top + height, x - left:x - left + width] = part
    else:
        columns, rows = _spans(region, frame)
        pixels[rows.start:rows.stop, columns.start:columns.stop] = True
    return pixels


def parse_region(text: str) -> Region:
    """A row of the toolkit's files: 'm' x,y,w,h,run,run,... a mask; four numbers a box; one a special code.

    Raises:
        ValueError: for anything else, polygons included.
    """
    mask = text.startswith('m')
    numbers = [float(part) for part in text[mask:].split(',')]
    if mask:
        x, y, w, h, *runs = map(int, numbers)
        return decode_mask(x, y, w, h, runs)
    if len(numbers) == 4:
        return None if np.isnan(numbers).any() else np.array(numbers, np.float32)
    if len(numbers) <= 2:
        return None
    raise ValueError(f'a region of {len(numbers)} numbers is a polygon, which VOT2020 has none of.')


def decode_mask(x: int, y: int, w: int, h: int, runs: list[int]) -> Mask:
    """A mask from its rectangle and the lengths of runs of zeros and ones in turn, row by row."""
    if w * h > limit('VTZOO_MAX_MEGAPIXELS'):
        raise ValueError(f'a mask of {w}x{h} pixels: {too_large("VTZOO_MAX_MEGAPIXELS")}')
    if min(w, h) < 0 or sum(runs) > w * h or min(runs, default=0) < 0:
        raise ValueError(f'a mask of {w}x{h} pixels cannot hold {sum(runs)}.')
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return Mask(x, y, np.pad(values, (0, w * h - len(values))).reshape(h, w))


def read_regions(path: str | Path) -> list[Region]:
    """The regions of a trajectory of the toolkit, text or binary.

    Raises:
        ValueError: the file cannot be read; names it.
    """
    path = Path(path)
    try:
        data = read_bytes(path, 'VTZOO_MAX_TEXT_MB')
        if path.suffix == '.bin':
            return list(_binary(data))
        return [parse_region(line.strip()) for line in data.decode().splitlines()]
    except FileNotFoundError as error:
        raise FileNotFoundError(f'there is no {path}.') from error
    except (ValueError, OverflowError, OSError, struct.error) as error:
        raise ValueError(f'{path} is not a trajectory of the VOT toolkit: {show(error).rstrip(".")}.') from error


def _binary(data: bytes) -> Iterator[Region]:
    """Little-endian: version (int16), count (uint32), then a type (byte) and its numbers for each region."""
    place = 0

    def take(form: str) -> tuple:
        nonlocal place
        values = struct.unpack_from(f'<{form}', data, place)
        place += struct.calcsize(f'<{form}')
        return values

    _, count = take('hI')
    for _ in range(count):
        kind, = take('B')
        if kind == 0:
            take('I')
            yield None
        elif kind == 1:
            yield np.array(take('ffff'), np.float32)
        elif kind == 3:
            x, y, w, h, runs = take('hhHHH')
            yield decode_mask(x, y, w, h, list(take(f'{runs}H')))
        else:
            raise ValueError(f'a region of type {kind}, neither box nor mask')
