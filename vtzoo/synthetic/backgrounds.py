"""Places: the still world behind everything, painted once on one picture."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vtzoo.synthetic import shapes
from vtzoo.synthetic.paint import Material, paint
from vtzoo.synthetic.random_streams import Stream, stream
from vtzoo.synthetic.textures import FIELDS, swatch


def place(seed: int, stock: list[Material], width: int, height: int) -> np.ndarray:
    """Painted out of a stock of materials: (h, w, 4) uint8 RGBA, of up to that many pixels; out of focus, fewer do."""
    rng = stream(seed)
    layout = rng.pick(dict(surface=2, horizon=3, rooms=2, clutter=2, soft=0.7))
    coarse = rng.among(3, 8) if layout == 'soft' else rng.among(1.5, 4) if rng.chance(0.3) else 1.1
    width, height, zoom = int(width / coarse), int(height / coarse), rng.among(0.35, 1.4) * coarse
    picture = rng.choice(stock).swatch(rng, width, height, zoom)
    if layout == 'horizon':
        _horizon(rng, picture, stock, zoom)
    elif layout == 'rooms':
        _rooms(rng, picture, stock, zoom)
    _scatter(rng, picture, stock, zoom, rng.randint(18, 40) if layout == 'clutter' else int(rng.among(2, 22)))
    if rng.chance(0.35):
        _rows(rng, picture, stock, zoom)
    if rng.chance(0.35):
        for _ in range(3):
            ends = [(rng.randrange(width), rng.randrange(height)) for _ in range(2)]
            cv2.line(picture, *ends, rng.choice(stock).colour(rng), math.ceil(rng.uniform(0, 4) / coarse), cv2.LINE_AA)
    if coarse > 1.1:
        picture = cv2.GaussianBlur(picture, (5, 5), 0.8)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)


def light(seed: int, bank: int, width: int, height: int) -> np.ndarray:
    """Where light falls in a place: (height, width, 4) uint8, 200 where neutral; patches of shadow, soft or hard."""
    rng = stream(seed)
    dark, bright, hard = rng.uniform(75, 150), rng.uniform(190, 250), rng.uniform(1, 5)
    pattern = swatch(rng, bank, rng.randrange(FIELDS), width, height, rng.among(0.5, 2))
    pattern = cv2.GaussianBlur(pattern, (0, 0), rng.among(1, 5)) / np.float32(255)
    values = (dark + (bright - dark) * np.clip((pattern - 0.5) * hard + 0.5, 0, 1)).astype(np.uint8)
    return cv2.cvtColor(values, cv2.COLOR_GRAY2RGBA)


def _horizon(rng: Stream, picture: np.ndarray, stock: list[Material], zoom: float) -> None:
    """Sky, what stands at the horizon, ground."""
    height, width = picture.shape[:2]
    line, far = rng.uniform(0.15, 0.65), rng.uniform(0.05, 0.4)
    sky = np.float32([rng.choice(stock).colour(rng) for _ in range(2)])[:, None] * 0.6 + rng.uniform(40, 110)
    high = int(line * height) + 1
    picture[:high] = cv2.resize(sky, (1, high)).clip(0, 255)
    edge, x = np.cumsum(rng.arrays.standard_normal(24)), np.linspace(0, 1, 24)
    if rng.chance(0.5):  # roofs, not hills
        edge, x = np.repeat(edge[::2], 2), np.append(np.repeat(x[::2], 2)[1:], 1)
    top = line - far * (edge - edge.min()) / max(np.ptp(edge), 1e-3)
    points = np.concatenate([np.stack([x, top], 1), [[1, line], [0, line]]])
    paint(picture, points * (width, height), rng.choice(stock), rng, zoom)


def _rooms(rng: Stream, picture: np.ndarray, stock: list[Material], zoom: float) -> None:
    """A few large surfaces that meet in straight edges."""
    size = np.array(picture.shape[1::-1])
    for _ in range(rng.randint(2, 5)):
        cut, slope = rng.random(), 0.3 * rng.gauss(0, 1)
        half = np.array([[0, cut], [1, cut + slope], [1, 2], [0, 2]])
        if rng.chance(0.5):
            half = half[:, ::-1]
        paint(picture, (1 - half if rng.chance(0.5) else half) * size, rng.choice(stock), rng, zoom)


def _scatter(rng: Stream, picture: np.ndarray, stock: list[Material], zoom: float, count: int) -> None:
    """Shapes of all sizes, small ones more often; each hides what was there."""
    height, width = picture.shape[:2]
    largest = rng.among(0.1, 0.7) * height
    for _ in range(count):
        length, aspect = largest * 0.08 ** rng.random(), rng.among(0.5, 2)
        points = shapes.outline(rng, stock[0].bank).polygons[0] * np.float32([length * aspect, length / aspect])
        points += np.float32([rng.random() * width, rng.random() * height])
        if rng.chance(0.3):
            paint(picture, points, rng.choice(stock), rng, zoom)
        else:
            cv2.fillPoly(picture, [points.astype(np.int32)], rng.choice(stock).colour(rng))


def _rows(rng: Stream, picture: np.ndarray, stock: list[Material], zoom: float) -> None:
    """Rows of the same thing: windows, fence posts, parked cars, people in line."""
    height, width = picture.shape[:2]
    size = np.float32([rng.among(0.03, 0.16), rng.among(0.03, 0.2)]) * width
    shape, textured = shapes.outline(rng, stock[0].bank).polygons[0], rng.chance(0.3)
    ground, mark = rng.choices(stock, k=2)
    colours, gap, jitter = (ground.colour(rng), mark.colour(rng)), rng.uniform(1.1, 2.5), rng.choice((0, 0, 0.3))
    left, top = rng.random() * size[0], rng.random() * height
    for row in range(rng.randint(1, 3)):
        for x in np.arange(left, width, size[0] * gap):
            spot = (x, top + row * size[1] * gap) + jitter * np.float32([rng.gauss(0, 1), 0.3 * rng.gauss(0, 1)]) * size
            if textured:
                paint(picture, shape * size + spot, ground, rng, zoom)
            else:
                cv2.fillPoly(picture, [(shape * size + spot).astype(np.int32)], colours[0])
            cv2.fillPoly(picture, [(shape * size * 0.4 + spot).astype(np.int32)], colours[1])
