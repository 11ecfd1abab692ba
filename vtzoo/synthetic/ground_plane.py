"""Planes: pictures that fill every frame, mirrored where they end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from vtzoo.synthetic.motion import invert
from vtzoo.synthetic.warps import warped


@dataclass
class Plane:
    """A picture without end and how it moves.

    Args:
        paint: makes the picture (h, w, 4) uint8; called when first needed.
        maps: (F, 2, 3) unit square, which the picture fills, -> frame.
        middle: of the frame, where the motion is measured.
    """

    paint: Callable[[], np.ndarray]
    maps: np.ndarray
    middle: tuple[float, float]
    _pictures: list[np.ndarray] = field(default_factory=list, repr=False)

    def draw(self, width: int, height: int, left: float, top: float, step: float, frame: int,
             shutter: float) -> np.ndarray:
        """A window (height, width, 4) uint8 of a frame, at left top of it and ``step`` frame pixels a pixel."""
        put = self.maps[frame] / step
        put[:, 2] -= np.array([left, top]) / step
        a, b, _, c, d, _ = put = put.ravel().tolist()
        picture = self._picture(max(math.hypot(a, c), math.hypot(b, d)))
        pixel = (1 / picture.shape[1], 1 / picture.shape[0])
        motion = (self._velocity(frame) * (shutter / step)).tolist() if shutter else (0.0, 0.0)
        return warped(picture, pixel, (-0.5, -0.5), put, (0, 0, width, height), motion, cv2.BORDER_REFLECT)

    def _velocity(self, frame: int) -> np.ndarray:
        """(2,) pixels a frame, right and down, at the middle of the frame."""
        first, last = max(frame - 1, 0), min(frame + 1, len(self.maps) - 1)
        here = invert(self.maps[frame]) @ (*self.middle, 1)
        return (self.maps[last] - self.maps[first]) @ (*here, 1) / max(last - first, 1)

    def _picture(self, size: float) -> np.ndarray:
        """The picture at a resolution that suits its size in the window."""
        if not self._pictures:
            self._pictures.append(self.paint())
        level = 0
        while size < 0.6 * self._pictures[level].shape[1] and min(self._pictures[level].shape[:2]) > 2:
            level += 1
            if level == len(self._pictures):
                self._pictures.append(
                    cv2.resize(self._pictures[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        return self._pictures[level]
