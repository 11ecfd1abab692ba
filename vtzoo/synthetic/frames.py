"""Frames: drawing a scene, whole frames or windows of them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vtzoo.data.crops import Colour, Crop
from vtzoo.synthetic.scene import Scene


class SyntheticFrames:
    """The frames of a scene, drawn when asked for.

    A pixel does not depend on which window of the frame is drawn (but for rounding in warps), so a crop
    may be cut from a window that is just large enough: :meth:`cut`.

    Args:
        name: of the sequence, for messages.
        scene: what they show.
    """

    def __init__(self, name: str, scene: Scene) -> None:
        self.name, self.scene = name, scene

    def __len__(self) -> int:
        return len(self.scene.truth.boxes)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(index)

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        """The frame at 1/reduce of its size, rounded up: (H, W, 3) uint8 RGB."""
        width, height = (-(-length // reduce) for length in self.scene.size)
        return self._window(index, 0, 0, width, height, reduce)

    def size(self, index: int) -> tuple[int, int]:
        """Width and height."""
        return self.scene.size

    def where(self, index: int) -> str:
        return f'{self.name}, frame {index}'

    def cut(self, index: int, crop: Crop, fill: Colour = (0, 0, 0)) -> np.ndarray:
        """``crop.cut(self[index], fill)`` without drawing the whole frame: (size, size, 3) uint8.

        The same within rounding; a crop that shows the frame at half its size or less is drawn at its own
        resolution, which is smoother by two or three grey levels than one that skips pixels.
        """
        (left, top, step), (width, height), size = crop.grid(), self.scene.size, crop.size
        x1, x2 = max(math.floor(left) - 1, 0), min(math.ceil(left + size * step) + 2, width)
        y1, y2 = max(math.floor(top) - 1, 0), min(math.ceil(top + size * step) + 2, height)
        if x1 >= x2 or y1 >= y2:
            return np.full((size, size, 3), fill, np.uint8)
        if step < 2:
            return crop.seen_from(x1, y1).cut(self._window(index, x1, y1, x2 - x1, y2 - y1), fill)
        x1, y1 = max(round(-left / step), 0), max(round(-top / step), 0)
        x2, y2 = min(round((width - left) / step), size), min(round((height - top) / step), size)
        seen = self._window(index, left + x1 * step, top + y1 * step, x2 - x1, y2 - y1, step)
        return cv2.copyMakeBorder(seen, y1, size - y2, x1, size - x2, cv2.BORDER_CONSTANT, value=fill)

    def _window(self, index: int, left: float, top: float, width: int, height: int, step: float = 1) -> np.ndarray:
        """A part of a frame: (height, width, 3) uint8, ``step`` frame pixels a pixel; ``left`` and ``top`` are whole
        numbers where that is 1."""
        scene, index = self.scene, range(len(self))[index]
        x1, y1, x2, y2 = scene.effects.surroundings(left, top, width, height, step)
        place = (left - x1 * step, top - y1 * step, step, index)
        picture = scene.ground.draw(x1 + width + x2, y1 + height + y2, *place, scene.stack.shutter)
        scene.stack.draw(picture, *place)
        if scene.shade is not None:
            shade = scene.shade.draw(picture.shape[1], picture.shape[0], *place, scene.stack.shutter)
            picture = cv2.multiply(picture, shade, scale=1 / 200)
        picture = scene.effects.apply(cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB), *place)
        return picture[y1:y1 + height, x1:x1 + width]
