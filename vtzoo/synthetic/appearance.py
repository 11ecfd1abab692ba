"""Looks: what one rigid part of a thing is drawn with, and its picture."""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from vtzoo.synthetic import shapes
from vtzoo.synthetic.paint import Light, Material, paint
from vtzoo.synthetic.random_streams import Stream, stream

MARGIN = 2
"""Transparent pixels around a picture, so that its edges are smooth wherever it is warped to."""

_NEUTRAL = 160

_SIZES = sorted({int(6 * 1.2 ** step) for step in range(18)})
"""Widths and heights pictures are drawn in, so that parts of about the same size share them; up to 133."""

_ACROSS = np.linspace(-1, 1, 12, dtype=np.float32)


@dataclass(frozen=True)
class Picture:
    """A part's pixels.

    Args:
        skin: (h, w, 3) uint8 RGB, twice as wide where the part turns.
        light: (h, w, 3) uint8, 160 where the skin is as bright as painted, 0 outside the part.
        mask: (h, w) uint8, 255 where the part is.
        pixel: width and height of a pixel in the unit square.
        corner: the picture's left top corner in the unit square.
    """

    skin: np.ndarray
    light: np.ndarray
    mask: np.ndarray
    pixel: tuple[float, float]
    corner: tuple[float, float]

    def lit(self, skin: np.ndarray) -> np.ndarray:
        """Skin (h, w, 3) -> (h, w, 4) uint8, premultiplied, in this picture's light and outline."""
        return cv2.merge([cv2.multiply(skin, self.light, scale=1 / _NEUTRAL), self.mask])

    @cached_property
    def flat(self) -> np.ndarray:
        """(h, w, 4) uint8, premultiplied: all of its skin, lit."""
        return self.lit(self.skin)

    def tinted(self, tint: Light) -> Picture:
        """In other colours."""
        return replace(self, skin=cv2.transform(self.skin, np.diag(tint)))

    def shadow(self, strength: float) -> np.ndarray:
        """(h, w, 4) uint8, premultiplied: black, ``strength`` opaque."""
        opaque = cv2.convertScaleAbs(self.mask, alpha=strength)
        return cv2.merge([np.zeros_like(opaque)] * 3 + [opaque])

    def turned(self, turn: float) -> np.ndarray:
        """The half of a skin all around that is seen after a turn, as on a cylinder: (h, w, 3)."""
        height, width = self.mask.shape
        bearing = np.arcsin(np.linspace(-1, 1, width)) / (2 * np.pi) + turn
        column = (bearing % 1 * self.skin.shape[1]).astype(np.float32)
        return cv2.remap(self.skin, np.tile(column, (height, 1)),
                         np.repeat(np.arange(height, dtype=np.float32)[:, None], width, 1), cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_WRAP)

    @cached_property
    def half(self) -> Picture:
        """With half as many pixels each way."""
        height, width = (max(length // 2, 1) for length in self.mask.shape)
        pixel = (self.pixel[0] * self.mask.shape[1] / width, self.pixel[1] * self.mask.shape[0] / height)
        around = width if self.skin.shape == self.light.shape else max(self.skin.shape[1] // 2, 1)
        skin, light, mask = (cv2.resize(values, (w, height), interpolation=cv2.INTER_AREA) for values, w in (
            (self.skin, around), (self.light, width), (self.mask, width)))
        return Picture(skin, light, mask, pixel, self.corner)


@dataclass(frozen=True, eq=False)
class Look:
    """A rigid part, described; drawn when its picture is asked for.

    Args:
        outline: its shape.
        materials: of the ground, the zones on it, the details.
        seed: of all details.
        details: how many.
        turning: the part has a back, so its skin goes all around.
    """

    outline: shapes.Outline
    materials: tuple[Material, ...]
    seed: int
    details: int = 0
    turning: bool = False

    @cached_property
    def _pictures(self) -> dict[tuple[int, int], Picture]:
        return {}

    def picture(self, width: float, height: float) -> Picture:
        """With about that many pixels or fewer."""
        size = tuple(_SIZES[min(bisect(_SIZES, length), len(_SIZES) - 1)] for length in (width, height))
        if size not in self._pictures:
            self._pictures[size] = self._drawn(*size)
        return self._pictures[size]

    def _drawn(self, width: int, height: int) -> Picture:
        rng = stream(self.seed)
        around = width * (1 + self.turning)
        zoom = rng.among(40, 256) / max(width, height)  # field pixels across the part, whatever its size here
        skin = self.materials[0].swatch(rng, around, height, zoom)
        if self.details and max(width, height) > 12:  # else nobody could see them
            self._decorate(rng, skin, zoom)
        side = 0 if self.turning else MARGIN
        skin = cv2.copyMakeBorder(skin, MARGIN, MARGIN, side, side, cv2.BORDER_REPLICATE)
        mask = self.outline.filled(width, height, MARGIN)
        light = cv2.cvtColor(cv2.multiply(_light(rng, mask), mask, scale=1 / 255), cv2.COLOR_GRAY2RGB)
        return Picture(skin, light, mask, (1 / width, 1 / height), (-0.5 - MARGIN / width, -0.5 - MARGIN / height))

    def _decorate(self, rng: Stream, skin: np.ndarray, zoom: float) -> None:
        """Zones and details; often mirrored, as on most made and grown things."""
        size, bank = np.float32(skin.shape[1::-1]), self.materials[0].bank
        mirrored, slope = rng.chance(0.5), 0.0
        if rng.chance(0.5):  # a zone of another material: trousers, a roof, a belly
            low, high = sorted((rng.uniform(-0.5, 0.7), rng.uniform(-0.5, 0.7)))
            slope = 0.0 if mirrored else rng.gauss(0, 0.1)
            zone = np.float32([[-0.5, low], [0.5, low + slope], [0.5, high + slope], [-0.5, high]])
            paint(skin, (zone if rng.chance(0.6) else zone[:, ::-1]) * size + size / 2, self.materials[1], rng, zoom)
        for _ in range(self.details):
            shape = np.float32([0.05 + 0.45 * rng.random() ** 2, 0.05 + 0.45 * rng.random() ** 2])
            shape = shape * shapes.outline(rng, bank).polygons[0]
            shape += np.float32([0 if mirrored and rng.chance(0.3) else rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)])
            fill, textured = self.materials[rng.randrange(1, 3)], rng.chance(0.25)
            colour = fill.colour(rng)
            for points in (shape, shape * np.float32([-1, 1]))[:1 + mirrored]:
                points = points * size + size / 2
                if textured:
                    paint(skin, points, fill, rng, zoom)
                else:
                    cv2.fillPoly(skin, [points.astype(np.int32)], colour)


def _light(rng: Stream, mask: np.ndarray) -> np.ndarray:
    """Light from one side, and edges that turn away from it: (h, w) uint8, 160 where neutral."""
    angle, slope, rim = rng.uniform(0, 2 * math.pi), rng.uniform(0, 70), rng.choice((0, 0, 40, 90))
    light = slope * math.cos(angle) * _ACROSS + (slope * math.sin(angle) * _ACROSS[:, None] + _NEUTRAL - 1.5 * rim)
    if rim:
        inner = cv2.blur(cv2.resize(mask, (12, 12), interpolation=cv2.INTER_AREA), (5, 5))
        light = cv2.scaleAdd(inner.astype(np.float32), 2 * rim / 255, light)
    return cv2.resize(cv2.convertScaleAbs(np.maximum(light, 0)), mask.shape[::-1])


def look(rng: Stream, stock: list[Material], shape: shapes.Shape | None = None, details: int | None = None,
         turning: bool = False) -> Look:
    """A random look out of a stock of materials.

    Args:
        shape: the kind of its outline; None: any.
        details: how many; None: any number.
    """
    if details is None:
        details = rng.randrange(7) if rng.chance(0.8) else 0
    outline = shapes.outline(rng, stock[0].bank, shape)
    return Look(outline, tuple(rng.choices(stock, k=3)), rng.seed_of_its_own(), details, turning)
