"""Textures: a bank of grey fields, each drawn once; every scene cuts its own pieces and colours them anew."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from vtzoo.synthetic.random_streams import FIELD, Stream, stream

SIDE = 256
"""Pixels of a field's side."""

FIELDS = 192
"""Fields in a bank. A split has its own bank."""


@cache
def field(bank: int, index: int) -> tuple[np.ndarray, ...]:
    """Field ``index`` of a bank, uint8 over the full range: (SIDE, SIDE), then at a half and at a quarter of that.
    Kept, since scenes share it."""
    rng = stream(bank, FIELD, index).arrays
    values = KINDS[index % len(KINDS)](rng)
    low, high = np.percentile(values, (2, 98))
    levels = [np.clip((values - low) * (255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)]
    for _ in range(2):
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return tuple(levels)


def swatch(rng: Stream, bank: int, index: int, width: int, height: int, zoom: float) -> np.ndarray:
    """A random piece (height, width) uint8 of a field, turned and mirrored; ``zoom`` field pixels a pixel."""
    level = 0 if zoom < 1.5 else 1 if zoom < 3 else 2
    values, zoom, side = field(bank, index)[level], zoom / 2 ** level, SIDE >> level
    if rng.chance(0.5):
        values = values.T
    w, h = (min(max(int(length * zoom), 2), side) for length in (width, height))
    x, y = int(rng.random() * (side - w + 1)), int(rng.random() * (side - h + 1))
    return cv2.resize(values[y:y + h, x:x + w][::rng.choice((1, -1)), ::rng.choice((1, -1))], (width, height))


def _among(rng: np.random.Generator, low: float, high: float) -> float:
    return low * (high / low) ** rng.random()


def _clouds(rng: np.random.Generator, first: int = 1, last: int = 7, fade: float = 0.6) -> np.ndarray:
    """Octaves of noise from ``first`` to ``last``, each ``fade`` as strong as the one before."""
    cells = 1 << first
    total = rng.standard_normal((cells, cells)).astype(np.float32)
    for octave in range(first + 1, last + 1):
        cells *= 2
        total = cv2.resize(total, (cells, cells), interpolation=cv2.INTER_CUBIC)
        total += fade ** (octave - first) * rng.standard_normal((cells, cells), np.float32)
    return cv2.resize(total, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _grid(rng: np.random.Generator, bend: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x, y in 0..1 of every pixel, turned by a random angle and bent by noise."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - 0.5
    angle = rng.choice([0, 0, rng.uniform(-0.3, 0.3), rng.uniform(0, np.pi)])
    x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    if bend:
        x, y = x + bend * _clouds(rng, 1, 4), y + bend * _clouds(rng, 1, 4)
    return x + 0.5, y + 0.5


def _mottled(rng: np.random.Generator) -> np.ndarray:
    return _clouds(rng, int(rng.integers(1, 4)), 7, rng.uniform(0.5, 0.95))


def _soft(rng: np.random.Generator) -> np.ndarray:
    return _clouds(rng, 1, int(rng.integers(2, 4)), 0.5) + 0.05 * _clouds(rng, 5, 7, 0.9)


def _ridged(rng: np.random.Generator) -> np.ndarray:
    ridges = np.abs(_clouds(rng, int(rng.integers(2, 5)), 7, 0.55))
    return -np.sqrt(ridges) if rng.random() < 0.5 else ridges


def _veined(rng: np.random.Generator) -> np.ndarray:
    x, _ = _grid(rng, bend=rng.uniform(0.01, 0.12))
    return np.sin(2 * np.pi * _among(rng, 3, 30) * x) + 0.3 * _clouds(rng, 4, 7, 0.8)


def _striped(rng: np.random.Generator) -> np.ndarray:
    x, _ = _grid(rng, bend=rng.choice([0, 0.005, 0.02]))
    levels = rng.random(64)
    stripes = levels[(x * _among(rng, 4, 40)).astype(int) % int(rng.integers(2, 9))]
    return stripes + rng.uniform(0, 0.15) * _clouds(rng, 2, 7, 0.8)


def _checked(rng: np.random.Generator) -> np.ndarray:
    """Tiles, bricks, windows: cells of random grey with joints between."""
    x, y = _grid(rng, bend=rng.choice([0, 0, 0.004]))
    rows = _among(rng, 4, 32)
    y, x = y * rows, x * rows / _among(rng, 0.4, 3)
    x = x + (np.floor(y) % 2) * rng.choice([0, 0.5])
    grey = rng.random((64, 64))[y.astype(int) % 64, x.astype(int) % 64] * rng.choice([0.2, 1])
    joint = (np.minimum(x % 1, y % 1) < rng.uniform(0.05, 0.4)) * rng.choice([-1, 1])
    return grey + joint + rng.uniform(0, 0.2) * _clouds(rng, 2, 7, 0.8)


def _plaid(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid(rng, bend=rng.choice([0, 0.01]))
    across, down = rng.random(48), rng.random(48)
    scale = _among(rng, 8, 40)
    return across[(x * scale).astype(int) % 48] + down[(y * scale).astype(int) % 48] + 0.1 * _clouds(rng, 3, 7, 0.8)


def _cellular(rng: np.random.Generator) -> np.ndarray:
    """Pebbles, scales, crowds seen from afar: the nearest of random points, and how far."""
    seeds = np.ones((SIDE, SIDE), np.uint8)
    count = int(_among(rng, 30, 1200))
    seeds.ravel()[rng.integers(0, SIDE * SIDE, count)] = 0
    distance, nearest = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    grey = rng.random(count + 2)[np.minimum(nearest, count + 1)]
    return grey * rng.uniform(0, 1) - distance * rng.uniform(0.2, 1) * (count ** 0.5 / SIDE) + 0.1 * _clouds(rng, 4, 7)


def _spotted(rng: np.random.Generator) -> np.ndarray:
    first = int(rng.integers(3, 6))
    spots = _clouds(rng, first, first + 1, 0.4) > rng.uniform(-0.2, 0.9)
    return cv2.GaussianBlur(spots.astype(np.float32), (0, 0), 1) + 0.12 * _clouds(rng, 3, 7, 0.8)


def _leafy(rng: np.random.Generator) -> np.ndarray:
    """Dead leaves: shapes of all sizes, each hiding those before it; edges as natural images have them."""
    picture = np.full((SIDE, SIDE), 0.5, np.float32)
    boxy = rng.random()
    for x, y, radius, turn, grey, kind in rng.random((700, 6)):
        centre, size = (x * SIDE, y * SIDE), 3 / max(1 - radius, 0.03) ** 0.8
        shape = (centre, (size * (0.6 + turn), size * 1.4), turn * 180)
        if kind < boxy:
            cv2.fillConvexPoly(picture, cv2.boxPoints(shape).astype(np.int32), float(grey))
        else:
            cv2.ellipse(picture, shape, float(grey), -1)
    return picture + 0.08 * _clouds(rng, 4, 7, 0.9)


def _hairy(rng: np.random.Generator) -> np.ndarray:
    """Fur, grass, scratches: many short strokes of one direction, more or less."""
    picture = 0.3 * _clouds(rng, 2, 5)
    main, spread, length = rng.uniform(0, np.pi), rng.choice([0.15, 0.4, 2]), _among(rng, 6, 40)
    for x, y, turn, grey, reach in rng.random((900, 5)):
        angle, reach = main + spread * (turn - 0.5), length * (0.5 + reach)
        start = (int(x * SIDE), int(y * SIDE))
        end = (int(x * SIDE + reach * np.cos(angle)), int(y * SIDE + reach * np.sin(angle)))
        cv2.line(picture, start, end, float(grey * 2 - 1), 1 + int(turn * 2))
    return picture


def _written(rng: np.random.Generator) -> np.ndarray:
    """Rows of strokes like letters, on a ground with a little grain."""
    picture = 0.1 * _clouds(rng, 2, 7, 0.8)
    high = _among(rng, 7, 28)
    for row in np.arange(high, SIDE, high * rng.uniform(1.3, 2)):
        x = rng.uniform(0, high)
        while x < SIDE:
            points = np.stack([x + rng.random(4) * high * 0.6, row - rng.random(4) * high], 1)
            if rng.random() < 0.85:
                cv2.polylines(picture, [points.astype(np.int32)], bool(rng.random() < 0.3), 1.5, 1 + int(high / 9))
            x += high * 0.75
    return picture


KINDS = (_mottled, _leafy, _checked, _hairy, _ridged, _soft, _cellular, _striped, _mottled, _spotted, _veined, _leafy,
         _plaid, _written, _mottled, _soft)
