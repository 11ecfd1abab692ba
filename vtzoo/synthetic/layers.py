"""Layers: what lies over the ground, one rigid or waving part each, and the stack of them from far to near."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vtzoo.synthetic.appearance import Look, Picture
from vtzoo.synthetic.motion import apply, invert
from vtzoo.synthetic.paint import Light
from vtzoo.synthetic.shapes import Outline
from vtzoo.synthetic.warps import over, warped
from vtzoo.synthetic.waves import Wave

SHARPNESS = 0.85
"""Pixels of a part's picture for one of the frame, where it is largest."""


@dataclass
class Layer:
    """A part and how it moves.

    Args:
        look: None: nothing is drawn, the target is a place on what lies below.
        outline: its shape in the unit square.
        maps: (F, 2, 3) unit square -> frame, whose pixel i reaches from i to i + 1.
        wave: how it bends, None: not.
        roll: (F,) turns about its upright axis, where its look has a back.
        tint: a factor on its look's colours, None: as they are.
        shadow: 0, or how dark a shadow this layer is.
        target: it belongs to the target.
    """

    look: Look | None
    outline: Outline
    maps: np.ndarray
    wave: Wave | None = None
    roll: np.ndarray | None = None
    tint: Light | None = None
    shadow: float = 0.0
    target: bool = False

    @property
    def hides(self) -> bool:
        """Whether what is behind it is out of sight."""
        return self.look is not None and not self.shadow

    @property
    def reach(self) -> tuple[float, float]:
        """From its middle to its ends along x and y, in the unit square."""
        return (0.5, 0.5) if self.wave is None else tuple((0.5 + self.wave.size).tolist())

    def points(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (P, 2) of the unit square -> their coordinates in the frames, (F, P) each."""
        return apply(self.maps, *(points.T if self.wave is None else self.wave.bend(*points.T)))

    def covers(self, x: np.ndarray, y: np.ndarray, frames: np.ndarray) -> np.ndarray:
        """Whether points, coordinates (N, P) each in N of the frames, lie behind it: (N, P) bool."""
        x, y = apply(invert(self.maps[frames]), x, y)
        if self.wave is not None:
            x, y = self.wave.straighten(x, y, self.wave.phase[frames][:, None])
        mask = self.outline.mask
        column, row = ((v * len(mask) + len(mask) / 2).astype(int) for v in (x, y))
        inside = (column >= 0) & (row >= 0) & (column < len(mask)) & (row < len(mask)) & (x > -0.5) & (y > -0.5)
        inside[inside] = mask[row[inside], column[inside]]
        return inside

    def draw(self, window: np.ndarray, put: list[float], bounds: tuple[int, int, int, int], frame: int,
             motion: tuple[float, float]) -> None:
        """Over a window (h, w, 4) uint8 of a frame.

        Args:
            put: affine map of the unit square to the window, a b x c d y.
            bounds: left, top, right, bottom in the window, beyond which there is nothing of it.
            motion: right and down in pixels while the shutter is open.
        """
        left, top, right, bottom = bounds
        a, b, _, c, d, _ = put
        picture, pixel, corner = self._posed(frame, math.hypot(a, c), math.hypot(b, d))
        over(window[top:bottom, left:right], warped(
            picture, pixel, corner, put, (left, top, right - left, bottom - top), motion, cv2.BORDER_CONSTANT))

    def _posed(self, frame: int, width: float, height: float) -> tuple[np.ndarray, tuple, tuple]:
        """The premultiplied picture (h, w, 4) of a frame, its pixel and its corner in the unit square."""
        picture = self._finest
        while max(width * picture.pixel[0], height * picture.pixel[1]) < 0.6 and min(picture.mask.shape) > 2:
            picture = picture.half
        if self.shadow:
            pixels = picture.shadow(self.shadow)
        elif self.roll is not None:
            pixels = picture.lit(picture.turned(self.roll[frame]))
        else:
            pixels = picture.flat
        if self.wave is None:
            return pixels, picture.pixel, picture.corner
        return self.wave.bent(pixels, picture.pixel, picture.corner, frame)

    @cached_property
    def _finest(self) -> Picture:
        """The look's picture at a resolution that suits the largest it will be seen."""
        largest = np.sqrt((self.maps[:, :, :2] ** 2).sum(1).max(0))
        picture = self.look.picture(*(SHARPNESS * largest).tolist())
        return picture if self.tint is None else picture.tinted(self.tint)


class Stack:
    """Layers from far to near.

    Args:
        shutter: the part of a frame's time in which motion blurs.
    """

    def __init__(self, layers: list[Layer], shutter: float) -> None:
        self.layers, self.shutter = layers, shutter
        self.maps = np.stack([layer.maps for layer in layers])  # (L, F, 2, 3)
        middle, span = np.ascontiguousarray(self.maps[..., 2]), np.abs(self.maps[..., :2])
        wide, high = np.float32([layer.reach for layer in layers]).T[..., None, None]
        self.motion = np.empty_like(middle)  # (L, F, 2) pixels while the shutter is open
        self.motion[:, 1:] = shutter * (middle[:, 1:] - middle[:, :-1])
        self.motion[:, 0] = self.motion[:, 1]
        reach = span[..., 0] * wide + span[..., 1] * high + np.abs(self.motion) / 2
        self.low, self.high = middle - reach, middle + reach  # (L, F, 2)

    def draw(self, window: np.ndarray, left: float, top: float, step: float, frame: int) -> None:
        """All over a window (h, w, 4) uint8 of a frame, at left top of it and ``step`` frame pixels a pixel."""
        corner = np.float32([left, top])
        low = np.floor((self.low[:, frame] - corner) / step).astype(int) - 2
        high = np.ceil((self.high[:, frame] - corner) / step).astype(int) + 2
        low, high = np.maximum(low, 0), np.minimum(high, window.shape[1::-1])
        maps = self.maps[:, frame] / step
        maps[..., 2] -= corner / step
        for i in (low < high).all(1).nonzero()[0].tolist():
            if self.layers[i].look is not None:
                self.layers[i].draw(window, maps[i].ravel().tolist(), (*low[i].tolist(), *high[i].tolist()), frame,
                                    (self.motion[i, frame] / step).tolist())
