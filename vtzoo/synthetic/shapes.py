"""Shapes: outlines in the square from -0.5 to 0.5, y downwards, which they fill exactly, in a bank of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np

from vtzoo.synthetic.random_streams import OUTLINE, Stream, stream

VARIANTS = 500
"""Outlines of each kind in a bank. A split has its own bank."""

Shape = Callable[[Stream], np.ndarray]
"""Draws the corners (P, 2) of one outline of its kind."""

_ANGLES = np.linspace(0, 2 * np.pi, 36, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)



@dataclass(frozen=True, eq=False)
class Outline:
    """A shape in the square.

    Args:
        polygons: (P, 2) float32 each: what it fills.
        holes: and what not of it.
    """

    polygons: tuple[np.ndarray, ...]
    holes: tuple[np.ndarray, ...] = ()

    def filled(self, width: int, height: int, margin: int = 0) -> np.ndarray:
        """How much of each pixel it covers, 0..255: (height + 2 margin, width + 2 margin) uint8."""
        mask = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
        size = np.float32((16 * width, 16 * height))
        middle = size / 2 + np.float32(16 * margin - 8)
        for polygons, value in ((self.polygons, 255), (self.holes, 0)):
            for points in polygons:
                cv2.fillPoly(mask, [(points * size + middle).astype(np.int32)], value, cv2.LINE_AA, 4)
        return mask

    @cached_property
    def hull(self) -> np.ndarray:
        """(P, 2) the corners that decide its bounds, however it is stretched and turned."""
        return cv2.convexHull(np.concatenate(self.polygons))[:, 0]

    @cached_property
    def edge(self) -> np.ndarray:
        """(P, 2) points all along its edges, which decide its bounds where it bends."""
        t = np.linspace(0, 1, 8, endpoint=False, dtype=np.float32)[:, None, None]
        return np.concatenate([
            (points + t * (np.roll(points, -1, 0) - points)).reshape(-1, 2) for points in self.polygons])

    @cached_property
    def mask(self) -> np.ndarray:
        """(32, 32) bool: what it covers, coarsely."""
        return self.filled(32, 32) > 127

    @cached_property
    def lattice(self) -> np.ndarray:
        """(P, 2) some 40 points spread evenly over it, at least one."""
        rows, columns = self.mask.nonzero()
        points = ((np.stack([columns, rows], 1) + 0.5) / 32 - 0.5).astype(np.float32)
        return points[::len(points) // 40 + 1] if len(points) else self.hull[:1]


RECTANGLE = Outline((np.float32([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]),))


def fitted(points: np.ndarray) -> np.ndarray:
    """Stretched to fill the square."""
    low, high = points.min(0), points.max(0)
    return (points - low) / np.maximum(high - low, 1e-6) - 0.5


def ellipse(rng: Stream) -> np.ndarray:
    """Round."""
    return _CIRCLE / 2


def rectangle(rng: Stream) -> np.ndarray:
    """The square itself."""
    return RECTANGLE.polygons[0]


def rounded(rng: Stream) -> np.ndarray:
    """Between ellipse and rectangle."""
    return np.sign(_CIRCLE) * np.abs(_CIRCLE) ** rng.uniform(0.25, 0.9) / 2


def polygon(rng: Stream) -> np.ndarray:
    """Convex or nearly, 3 to 8 corners."""
    count = rng.randint(3, 8)
    angle = 2 * np.pi * (np.arange(count) + rng.random() + 0.6 * rng.arrays.random(count)) / count
    return fitted(np.stack([np.cos(angle), np.sin(angle)], 1) * rng.arrays.uniform(0.7, 1, (count, 1)))


def star(rng: Stream) -> np.ndarray:
    """Pointed all around."""
    count = rng.randint(3, 9)
    angle = np.pi * (np.arange(2 * count) / count + rng.random())
    length = np.where(np.arange(2 * count) % 2, rng.uniform(0.3, 0.75), 1)
    return fitted(np.stack([np.cos(angle), np.sin(angle)], 1) * length[:, None])


def blob(rng: Stream) -> np.ndarray:
    """A circle dented by low harmonics."""
    order = np.arange(2, 7)
    waves = np.cos(_ANGLES[:, None] * order + rng.arrays.uniform(0, 2 * np.pi, 5))
    return fitted(_CIRCLE * np.exp(rng.uniform(0.2, 0.9) * waves @ (rng.arrays.standard_normal(5) / order))[:, None])


def lathe(rng: Stream) -> np.ndarray:
    """Alike left and right: bottles, vases, birds from above, people standing still."""
    widths, height = rng.arrays.uniform(0.1, 1, 6), np.linspace(0, 1, 16)
    width = np.interp(height, np.linspace(0, 1, 6), widths) if rng.chance(0.5) else widths[(height * 5.9).astype(int)]
    side = np.stack([width, height], 1)
    return fitted(np.concatenate([side, side[::-1] * (-1, 1)]))


def profile(rng: Stream) -> np.ndarray:
    """A sloped or stepped top on a flat bottom: cars, boats, houses, animals lying."""
    x = np.sort(rng.arrays.random(rng.randint(3, 6)))
    height = rng.arrays.uniform(0.3, 1, len(x))
    if rng.chance(0.3):  # steps: each height is kept up to the next place
        x, height = np.repeat(x, 2)[1:], np.repeat(height, 2)[:-1]
    top = np.stack([x, -height], 1)
    left, right = (-0.05, -rng.uniform(0.1, 0.5)), (1.05, -rng.uniform(0.1, 0.5))
    return fitted(np.array([left, *top, right, (1, 0), (0, 0)]))


def crescent(rng: Stream) -> np.ndarray:
    """A bitten half: bananas, bowls, brows."""
    outer = _CIRCLE[:len(_CIRCLE) // 2 + 1]
    return fitted(np.concatenate([outer, outer[::-1] * (1, rng.uniform(0.3, 0.9))])) * (1, rng.choice((-1, 1)))


def cross(rng: Stream) -> np.ndarray:
    """A plus, a T or an L with arms of random width."""
    left, top = (-0.5 if rng.chance(0.3) else -rng.uniform(0.1, 0.35) for _ in range(2))
    right, bottom = rng.uniform(0.1, 0.35), rng.uniform(0.1, 0.35)
    return fitted(np.array([[left, -0.5], [right, -0.5], [right, top], [0.5, top], [0.5, bottom], [right, bottom],
                            [right, 0.5], [left, 0.5], [left, bottom], [-0.5, bottom], [-0.5, top], [left, top]]))


def ribbon(rng: Stream) -> np.ndarray:
    """A thin curved band: snakes, ropes, hooks, handles."""
    t = np.linspace(0, 1, 18)
    spine = np.stack([t + 0.2 * np.sin(rng.uniform(2, 9) * t),
                      rng.uniform(0.1, 0.5) * np.sin(rng.uniform(2, 9) * t + rng.uniform(0, 6))], 1)
    along = np.gradient(spine, axis=0)
    aside = along[:, ::-1] * (-1, 1) / np.linalg.norm(along, axis=1, keepdims=True)
    thick = rng.uniform(0.03, 0.09) * (1 - rng.uniform(0, 0.8) * t)[:, None]
    return fitted(np.concatenate([spine + thick * aside, (spine - thick * aside)[::-1]]))


def drop(rng: Stream) -> np.ndarray:
    """Pointed at one end: leaves, fish, teardrops, blades."""
    along = (1 - np.cos(_ANGLES / 2)) / 2
    width = np.sin(_ANGLES) * (1 - along) ** rng.uniform(0.5, 2.5)
    return fitted(np.stack([along, width], 1)) * (rng.choice((-1, 1)), 1)


_WEIGHTS = {ellipse: 1.5, rectangle: 1.5, rounded: 2, polygon: 1.5, star: 0.6, blob: 3, lathe: 2, profile: 2,
            crescent: 0.4, cross: 0.6, ribbon: 0.6, drop: 0.8}


_KINDS, _CUMULATIVE = tuple(_WEIGHTS), tuple(np.cumsum(list(_WEIGHTS.values())))


@cache
def _outline(bank: int, shape: Shape, variant: int) -> Outline:
    rng = stream(bank, OUTLINE, _KINDS.index(shape), variant)
    points = shape(rng).astype(np.float32)
    holes = (_CIRCLE.astype(np.float32) * np.float32(rng.uniform(0.15, 0.4)),) if rng.chance(0.05) else ()
    return Outline((points,), holes)




def outline(rng: Stream, bank: int, shape: Shape | None = None) -> Outline:
    """An outline of a bank; ``shape``: its kind, None: any."""
    if shape is None:
        shape = rng.choices(_KINDS, cum_weights=_CUMULATIVE)[0]
    return _outline(bank, shape, rng.randrange(VARIANTS))
