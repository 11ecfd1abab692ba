"""Drawing pictures of text, boxes and maps with OpenCV: RGB, white ground, sizes in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

Colour = tuple[int, int, int]
INK, GREY, PALE, WHITE = (40, 40, 40), (120, 120, 120), (225, 225, 225), (255, 255, 255)
FONT = cv2.FONT_HERSHEY_DUPLEX


def text_size(text: str, size: float) -> tuple[int, int]:
    """Width and height of a line of text; ``size`` is the height of its capitals."""
    (w, h), _ = cv2.getTextSize(text, FONT, size / 21, 1)
    return w, h


class Canvas:
    """A picture that is drawn at twice its size and shrunk, so that lines and letters are smooth.

    Args:
        width, height: of the finished picture.
    """

    SCALE = 2

    def __init__(self, width: int, height: int) -> None:
        self.image = np.full((height * self.SCALE, width * self.SCALE, 3), 255, np.uint8)

    def _at(self, *values: float) -> tuple[int, ...]:
        return tuple(round(value * self.SCALE) for value in values)

    def text(self, text: str, x: float, y: float, size: float = 11, colour: Colour = INK, align: str = 'left') -> None:
        """A line of text: its baseline at y; x is its left end, its middle or its right end."""
        width = text_size(text, size)[0]
        x -= dict(left=0, middle=width / 2, right=width)[align]
        cv2.putText(self.image, text, self._at(x, y), FONT, size / 21 * self.SCALE, colour, 1, cv2.LINE_AA)

    def box(self, x: float, y: float, w: float, h: float, fill: Colour, edge: Colour, radius: float = 8) -> None:
        """A rectangle with round corners."""
        for colour, inset in ((edge, 0), (fill, 1.2)):
            left, top, right, bottom = x + inset, y + inset, x + w - inset, y + h - inset
            r = max(radius - inset, 1)
            cv2.rectangle(self.image, self._at(left + r, top), self._at(right - r, bottom), colour, -1)
            cv2.rectangle(self.image, self._at(left, top + r), self._at(right, bottom - r), colour, -1)
            for cx in (left + r, right - r):
                for cy in (top + r, bottom - r):
                    cv2.circle(self.image, self._at(cx, cy), round(r * self.SCALE), colour, -1, cv2.LINE_AA)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 1.5) -> None:
        """A line through points."""
        for a, b in pairwise(points):
            cv2.line(self.image, self._at(*a), self._at(*b), colour, round(width * self.SCALE), cv2.LINE_AA)

    def arrow(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 1.5) -> None:
        """A line through points with a head at its end."""
        self.line(points, colour, width)
        (x0, y0), (x1, y1) = points[-2:]
        back = np.array([x1 - x0, y1 - y0]) / (np.hypot(x1 - x0, y1 - y0) + 1e-9) * 7
        side = np.array([-back[1], back[0]]) * 0.5
        tip = np.array([x1, y1])
        head = np.array([tip, tip - back + side, tip - back - side]) * self.SCALE
        cv2.fillPoly(self.image, [head.round().astype(np.int32)], colour, cv2.LINE_AA)

    def paste(self, picture: np.ndarray, x: float, y: float, w: float, h: float, smooth: bool = True) -> None:
        """A picture (h, w, 3) uint8, stretched to a place; ``smooth=False`` keeps its cells as squares."""
        left, top, right, bottom = self._at(x, y, x + w, y + h)
        how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
        self.image[top:bottom, left:right] = cv2.resize(picture, (right - left, bottom - top), interpolation=how)

    def finished(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB."""
        return cv2.resize(self.image, None, fx=1 / self.SCALE, fy=1 / self.SCALE, interpolation=cv2.INTER_AREA)


def save_png(image: np.ndarray, path: str) -> None:
    """Write an RGB picture.

    Raises:
        ValueError: the file cannot be written.
    """
    try:
        written = cv2.imwrite(path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error:
        written = False
    if not written:
        raise ValueError(f'{path} cannot be written as a picture: name a .png in a folder that exists.')
