"""Waves: a bending of the unit square that can be undone exactly, since rows are shifted first, then columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vtzoo.synthetic.random_streams import Stream


@dataclass(frozen=True)
class Wave:
    """How a part bends.

    Args:
        size: (2,) how far along x and y, in parts of the square.
        number: (2,) waves across the square, times 2 pi.
        phase: (F, 2) radians.
    """

    size: np.ndarray
    number: np.ndarray
    phase: np.ndarray

    def bend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates of points of the square, (P,) each -> (F, P) each."""
        phase = self.phase[:, :, None]
        x = x + self.size[0] * np.sin(self.number[0] * y + phase[:, 0])
        return x, y + self.size[1] * np.sin(self.number[1] * x + phase[:, 1])

    def straighten(self, x: np.ndarray, y: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Undo it for coordinates that broadcast together, at phases (..., 2)."""
        y = y - self.size[1] * np.sin(self.number[1] * x + phase[..., 1])
        return x - self.size[0] * np.sin(self.number[0] * y + phase[..., 0]), y

    def bent(self, picture: np.ndarray, pixel: tuple[float, float], corner: tuple[float, float],
             frame: int) -> tuple[np.ndarray, tuple[float, float], tuple[float, float]]:
        """A picture (h, w, C), its pixel and its corner in the square -> the same for the bent picture of a frame."""
        (height, width), (w, h), (u, v) = picture.shape[:2], pixel, corner
        extra_x, extra_y = math.ceil(self.size[0] / w), math.ceil(self.size[1] / h)
        corner = (u - extra_x * w, v - extra_y * h)
        x = np.arange(0.5, width + 2 * extra_x, dtype=np.float32) * w + corner[0]
        y = np.arange(0.5, height + 2 * extra_y, dtype=np.float32)[:, None] * h + corner[1]
        x, y = self.straighten(x, y, self.phase[frame])
        column, row = ((x - u) / w - 0.5).astype(np.float32), ((y - v) / h - 0.5).astype(np.float32)
        return cv2.remap(picture, column, row, cv2.INTER_LINEAR), pixel, corner


def wave(rng: Stream, frames: int) -> Wave:
    """A random one: cloth, fish, jelly, leaves."""
    size = rng.among(0.03, 0.14) * np.float32([rng.random(), rng.random()])
    start, pace = (np.float32([rng.uniform(-high, high) for _ in range(2)]) for high in (math.pi, 0.6))
    number, time = np.float32([rng.uniform(2, 9), rng.uniform(2, 9)]), np.arange(frames, dtype=np.float32)
    return Wave(size, number, start + time[:, None] * pace)
