"""Paint: materials, and filling shapes of a picture with them."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vtzoo.synthetic.random_streams import Stream, stream
from vtzoo.synthetic.textures import FIELDS, swatch

HUES = (0.0, 0.05, 0.07, 0.08, 0.09, 0.11, 0.14, 0.2, 0.25, 0.3, 0.35, 0.45, 0.55, 0.58, 0.6, 0.75)
"""Hues in turns about as often as one meets them: skin and earth, leaves, sky and water, little purple."""

Light = tuple[float, float, float]
"""A light's colour, the strongest of red, green and blue at 1."""


@dataclass(frozen=True)
class Material:
    """A texture: a field of a bank and four colours for its greys, shades of one hue or, less often, of several.

    Args:
        bank: of fields.
        seed: of everything about it, drawn when first needed.
        light: that it is seen in.
    """

    bank: int
    seed: int
    light: Light

    @cached_property
    def stops(self) -> np.ndarray:
        """(4, 1, 3) uint8 RGB."""
        rng = stream(self.seed)
        hue, saturation = (rng.choice(HUES) + rng.gauss(0, 0.04)) % 1, 0.9 * rng.random() ** 2
        first = colorsys.hsv_to_rgb(hue, saturation, 0.1 + 0.88 * rng.random() ** 0.7)
        strange = rng.random() if rng.chance(0.2) else 0.1 * rng.random()
        stops = [first]
        for _ in range(3):
            bright = math.exp(rng.uniform(0.1, 1) * rng.gauss(0, 1))
            other = colorsys.hsv_to_rgb(rng.choice(HUES), 0.9 * rng.random() ** 2, rng.random())
            stop = [a * bright * (1 - strange) + b * strange for a, b in zip(first, other, strict=True)]
            stops.append([level / max(*stop, 1) for level in stop])
        return (np.array(stops) * self.light * 255).astype(np.uint8)[:, None]

    @cached_property
    def palette(self) -> np.ndarray:
        """(256, 1, 3) uint8: the colour of every grey; of some materials the colours do not blend."""
        return cv2.resize(np.repeat(self.stops, 6, 0) if self.seed % 5 == 0 else self.stops, (1, 256))

    def swatch(self, rng: Stream, width: int, height: int, zoom: float) -> np.ndarray:
        """A random piece (height, width, 3) uint8; ``zoom`` field pixels a pixel."""
        return cv2.applyColorMap(swatch(rng, self.bank, self.seed % FIELDS, width, height, zoom), self.palette)

    def colour(self, rng: Stream) -> tuple[int, ...]:
        """One of its colours."""
        return tuple(self.stops[rng.randrange(4), 0].tolist())


def paint(picture: np.ndarray, points: np.ndarray, fill: Material, rng: Stream, zoom: float) -> None:
    """Fill a polygon (P, 2), in pixels of the picture (H, W, 3), with texture of ``zoom`` field pixels a pixel."""
    corners = points.astype(np.int32)
    x, y, width, height = cv2.boundingRect(corners)
    left, top = max(x, 0), max(y, 0)
    width, height = min(x + width, picture.shape[1]) - left, min(y + height, picture.shape[0]) - top
    if width <= 0 or height <= 0:
        return
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [corners], 255, offset=(-left, -top))
    cv2.copyTo(fill.swatch(rng, width, height, zoom), mask, picture[top:top + height, left:left + width])
