"""Motion: smooth random series, the habits that shape them into movement, and affine maps.

An affine map is (..., 2, 3): a matrix and a shift. All is float32, drawn for all actors together: thousands of
scenes are drawn for training, and most of their time would go into small steps.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

TIMES = (2, 4, 8, 16, 30, 60)
"""Frames over which a smooth series may change."""


@lru_cache(maxsize=64)
def _spline(frames: int, time: int) -> np.ndarray:
    """(knots, frames) float32: what each knot of a series that changes over ``time`` frames adds to each frame
    (Catmull-Rom, scaled to about unit variance)."""
    place = np.arange(frames) / time + 0.5
    knot = place.astype(int)
    t = place - knot
    weights = np.zeros((int(knot[-1]) + 4, frames), np.float32)
    for i, share in enumerate((-t + 2 * t ** 2 - t ** 3, 2 - 5 * t ** 2 + 3 * t ** 3, t + 4 * t ** 2 - 3 * t ** 3,
                               t ** 3 - t ** 2)):
        weights[knot + i, np.arange(frames)] = 0.575 * share
    return weights


def smooth(rng: np.random.Generator, frames: int, times: np.ndarray) -> np.ndarray:
    """(K, frames) float32 of about unit variance, series k changing over about ``times[k]`` frames."""
    series, level = np.empty((len(times), frames), np.float32), np.searchsorted(TIMES[1:], times)
    for i in sorted(set(level.tolist())):
        rows, spline = (level == i).nonzero()[0], _spline(frames, TIMES[i])
        series[rows] = rng.standard_normal((len(rows), len(spline)), np.float32) @ spline
    return series


class Habits(NamedTuple):
    """How something moves. Lengths are pixels, times frames, angles radians.

    drift_x, drift_y: steady, a frame. wander: a frame, changing over wander_time. shake: a frame, over
    shake_time. rest: 1 where it stops at times. leaps: a frame. leap: how far. sway: turns to both sides over
    sway_time, about tilt, and spin a frame. grow: of the logarithm of size, over grow_time. squeeze_x,
    squeeze_y: how much of width or height is lost when it turns away, over squeeze_time. roll: turns about its
    upright axis, over roll_time. cadence: of its joints, a frame.
    """

    drift_x: float = 0.0
    drift_y: float = 0.0
    wander: float = 0.0
    wander_time: float = 30.0
    shake: float = 0.0
    shake_time: float = 4.0
    rest: float = 0.0
    leaps: float = 0.0
    leap: float = 0.0
    sway: float = 0.0
    sway_time: float = 20.0
    tilt: float = 0.0
    spin: float = 0.0
    grow: float = 0.0
    grow_time: float = 40.0
    squeeze_x: float = 0.0
    squeeze_y: float = 0.0
    squeeze_time: float = 30.0
    roll: float = 0.0
    roll_time: float = 40.0
    cadence: float = 0.0


class Motion(NamedTuple):
    """What comes of the habits of A actors: way (A, F, 2) from 0 0; angle, roll, cycle (A, F); size (A, F, 2), a
    factor on width and height."""

    way: np.ndarray
    angle: np.ndarray
    size: np.ndarray
    roll: np.ndarray
    cycle: np.ndarray


def motions(rng: np.random.Generator, frames: int, habits: list[Habits]) -> Motion:
    """Of all actors at once."""
    h = Habits(*np.array(habits, np.float32).T[..., None])
    count, time = len(habits), np.arange(frames, dtype=np.float32)
    times = (h.wander_time, h.wander_time, h.shake_time, h.shake_time, h.sway_time, h.grow_time, h.squeeze_time,
             h.roll_time, h.wander_time / 2)
    series = smooth(rng, frames, np.concatenate(times)[:, 0]).reshape(len(times), count, frames)
    way = np.empty((count, frames, 2), np.float32)
    rest = 1 - h.rest * (series[8] < 0)
    for axis, drift in enumerate((h.drift_x, h.drift_y)):
        steps = (h.wander * series[axis] + h.shake * series[2 + axis]) * rest + drift
        if h.leaps.any():
            steps += (rng.random((count, frames)) < h.leaps) * h.leap * rng.standard_normal((count, frames), np.float32)
        way[..., axis] = steps.cumsum(1) - steps[:, :1]
    away, grown = np.clip(0.5 + 0.5 * series[6], -0.3, 1.2), np.exp(np.clip(h.grow * series[5], -1, 1))
    size = np.stack([grown * (1 - h.squeeze_x * away), grown * (1 - h.squeeze_y * away)], -1)
    return Motion(way, h.tilt + h.sway * series[4] + h.spin * time, size, h.roll * series[7], h.cadence * time)


def folded(way: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A way reflected at bounds it would leave."""
    span = np.maximum(high - low, 1e-3)
    return low + span - np.abs((way - low) % (2 * span) - span)


def placed(way: np.ndarray, angle: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Affine maps (..., 2, 3) that stretch by size (..., 2), turn by angle (...) and move to way (..., 2)."""
    maps = np.empty((*angle.shape, 2, 3), np.float32)
    cosine, sine = np.cos(angle), np.sin(angle)
    maps[..., 0, 0], maps[..., 0, 1] = cosine * size[..., 0], -sine * size[..., 1]
    maps[..., 1, 0], maps[..., 1, 1] = sine * size[..., 0], cosine * size[..., 1]
    maps[..., 2] = way
    return maps


def compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The affine map that does ``inner`` first."""
    both = outer[..., :2] @ inner
    both[..., 2] += outer[..., 2]
    return both


def invert(maps: np.ndarray) -> np.ndarray:
    """The affine maps (..., 2, 3) that undo these."""
    a, b, x, c, d, y = (maps[..., i, j] for i in range(2) for j in range(3))
    back = np.empty_like(maps)
    back[..., 0, 0], back[..., 0, 1], back[..., 0, 2] = d, -b, b * y - d * x
    back[..., 1, 0], back[..., 1, 1], back[..., 1, 2] = -c, a, c * x - a * y
    back /= (a * d - b * c)[..., None, None]
    return back


def apply(maps: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Affine maps (F, 2, 3) on the coordinates of points, (P,) or (F, P) each -> (F, P) each."""
    a, b, right, c, d, down = (maps[:, i, j, None] for i in range(2) for j in range(3))
    return a * x + b * y + right, c * x + d * y + down
