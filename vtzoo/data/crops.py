"""Crops: the only place where image and crop coordinates meet.

Two conventions say which square of an image is shown to the network: :class:`AreaCrop` (MixFormer,
STARK) and :class:`ContextCrop` (SiamFC, SparseTT). Each builds :class:`Crop` value objects. Where
training and tracking differ in the released code, ``training`` chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cv2
import numpy as np

from vtzoo.registry import CROPS

Colour = tuple[float, ...]


@dataclass(frozen=True)
class Crop:
    """A square of an image and how boxes pass in and out of it.

    Args:
        centre: x y of its centre in the image, pixels.
        scale: crop pixels per image pixel.
        size: side of the crop in crop pixels.
        middle: the crop coordinate at which the centre lies.
        pixel: 1 where a box holds both its edge pixels (right = left + w - 1), else 0.
    """

    centre: tuple[float, float]
    scale: float
    size: int
    middle: float
    pixel: int = 0

    def to_crop(self, box: Any) -> np.ndarray:
        """Box x y w h in the image -> (4,) cx cy w h in 0..1 of the crop."""
        box = np.asarray(box, np.float64)
        centre = box[:2] + (box[2:] - self.pixel) / 2
        inside = (centre - self.centre) * self.scale + self.middle
        return np.concatenate([inside, box[2:] * self.scale - self.pixel]) / self.size

    def to_image(self, box: Any) -> np.ndarray:
        """Box cx cy w h in 0..1 of the crop -> (4,) x y w h in the image."""
        box = np.asarray(box, np.float64) * self.size
        centre = (box[:2] - self.middle) / self.scale + self.centre
        size = (box[2:] + self.pixel) / self.scale
        return np.concatenate([centre - (size - self.pixel) / 2, size])

    def cut(self, image: np.ndarray, fill: Colour) -> np.ndarray:
        """Image (H, W, 3) uint8 -> crop (size, size, 3) uint8; ``fill`` outside the image."""
        raise NotImplementedError

    def cut_reduced(self, image: np.ndarray, fill: Colour, reduce: int) -> np.ndarray:
        """The same crop, nearly: from the image at 1/reduce of its size, whose pixels are means of reduce^2."""
        left, top, step = (value / reduce for value in self.grid())
        first = (step - 1) / 2  # where the first output pixel's centre lies; pixel 0 of the image has its centre at 0
        return _warp(image, self.size, (left + first, top + first), (step, step), fill)

    def grid(self) -> tuple[float, float, float]:
        """Where the crop's pixels lie: left and top of the first in the image, and their side in image pixels.
        Image pixel i reaches from i to i + 1."""
        raise NotImplementedError

    @property
    def unseen(self) -> int:
        """Rows below and columns to the right of the image that no crop shows."""
        return 0

    def seen_from(self, x: int, y: int) -> Crop:
        """The same crop in coordinates that start at pixel x y of the image, to be cut from that part of it."""
        return replace(self, centre=(self.centre[0] - x, self.centre[1] - y))


def _warp(image: np.ndarray, size: int, first: tuple[float, float], step: tuple[float, float],
          fill: Colour) -> np.ndarray:
    """Samples at first + i * step, pixels counted from their centres."""
    (x, y), (step_x, step_y) = first, step
    return cv2.warpAffine(
        image, np.array([[step_x, 0, x], [0, step_y, y]], np.float64), (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT,
        borderValue=tuple(map(int, fill)))


@dataclass(frozen=True)
class PastedCrop(Crop):
    """Whole pixels are cut out, padded, and resized bilinearly.

    Args:
        corner: left top pixel of the square.
        side: of the square, whole image pixels.
        extra: pixels padded too many where the square reaches the right or bottom edge (released: 1).
    """

    corner: tuple[int, int] = (0, 0)
    side: int = 1
    extra: int = 1

    @property
    def unseen(self) -> int:
        return self.extra

    def grid(self) -> tuple[float, float, float]:
        return *self.corner, self.side / self.size

    def seen_from(self, x: int, y: int) -> Crop:
        return replace(super().seen_from(x, y), corner=(self.corner[0] - x, self.corner[1] - y))

    def cut(self, image: np.ndarray, fill: Colour) -> np.ndarray:
        (x, y), side, (h, w) = self.corner, self.side, image.shape[:2]
        left, top = max(0, -x), max(0, -y)
        right, bottom = max(0, x + side - w + self.extra), max(0, y + side - h + self.extra)
        if left + right >= side or top + bottom >= side:
            return np.full((self.size, self.size, 3), fill, np.uint8)
        if side > LARGEST_SQUARE:
            return self.cut_reduced(image, fill, 1)
        square = image[y + top:y + side - bottom, x + left:x + side - right]
        if left or top or right or bottom:
            square = cv2.copyMakeBorder(square, top, bottom, left, right, cv2.BORDER_CONSTANT, value=fill)
        return cv2.resize(square, (self.size, self.size))


@dataclass(frozen=True)
class WarpedCrop(Crop):
    """The square is sampled where its pixels fall, by an affine warp.

    Args:
        side: of the square in image pixels.
    """

    side: float = 1.0

    def grid(self) -> tuple[float, float, float]:
        step, (x, y) = (self.side - 1) / (self.size - 1), self.centre
        return x - (self.side - 1) / 2 + (1 - step) / 2, y - (self.side - 1) / 2 + (1 - step) / 2, step

    def cut(self, image: np.ndarray, fill: Colour) -> np.ndarray:
        # In float32, as released: a last bit of the corner decides which way a byte rounds.
        centre, half = np.float32(self.centre), np.float32((self.side - 1) / 2)
        step = ((centre + half) - (centre - half)) / np.float32(self.size - 1)
        return _warp(image, self.size, centre - half, step, fill)


LARGEST_SQUARE = 8192
"""Pixels: a larger square is sampled in place, so that no box takes more memory than its crop."""


def check_sizes(crop: Any) -> None:
    """Raise ValueError unless sizes are whole numbers of pixels and factors are positive."""
    for name, value in vars(crop).items():
        kind = bool if name == 'extra_padding' else int if name.endswith('_size') else int | float
        least = 0 if name == 'context' else 1e-3
        if not isinstance(value, kind) or (kind is not bool and (isinstance(value, bool) or not least <= value < 1e4)):
            said = {bool: 'True or False', int: 'a whole number of pixels'}.get(kind, 'a positive number')
            raise ValueError(f'{type(crop).__name__}: {name} is {said}, not {value!r}.')


class CropConvention:
    """Which squares of an image the network sees: ``template(box)``, ``search(box)``, and ``fill(image)`` outside it.

    convention: its name; a training jitter declares which one it is for. fill_needs_image: whether ``fill`` looks at
    the image, which must then be decoded for it.
    """

    convention: ClassVar[str]
    fill_needs_image: ClassVar[bool] = True


@CROPS.register_module()
@dataclass(frozen=True)
class AreaCrop(CropConvention):
    """A square of ``factor`` squared times the box's area, black outside the image.

    Source: lib/train/data/processing_utils.py (sample_target) of MixFormer, after pytracking.

    Args:
        template_size, search_size: side of the crops in pixels.
        template_factor, search_factor: side of the square over the square root of the box's area.
        extra_padding: True: where the square reaches the right or bottom edge of the image, one pixel
            too many is padded, as released; False: none.
    """

    convention = 'area'
    fill_needs_image = False

    template_size: int = 128
    search_size: int = 320
    template_factor: float = 2.0
    search_factor: float = 5.0
    extra_padding: bool = True

    def __post_init__(self) -> None:
        check_sizes(self)

    def template(self, box: Any, training: bool = False) -> Crop:
        """The template's crop around a box x y w h."""
        return self._around(box, self.template_size, self.template_factor, training)

    def search(self, box: Any, training: bool = False) -> Crop:
        """The search crop around the last (in training: a jittered) box x y w h."""
        return self._around(box, self.search_size, self.search_factor, training)

    def _around(self, box: Any, size: int, factor: float, training: bool) -> Crop:
        x, y, w, h = map(float, box)
        side = max(math.ceil(math.sqrt(w * h) * factor), 1)
        corner = (round(x + 0.5 * w - side * 0.5), round(y + 0.5 * h - side * 0.5))
        middle = (size - 1) / 2 if training else size / 2  # half a pixel apart, as released
        return PastedCrop((x + 0.5 * w, y + 0.5 * h), size / side, size, middle, corner=corner, side=side,
                          extra=int(self.extra_padding))

    def fill(self, image: np.ndarray | None = None) -> Colour:
        """The colour outside the image: black, whatever it shows."""
        return (0, 0, 0)


@CROPS.register_module()
@dataclass(frozen=True)
class ContextCrop(CropConvention):
    """A square with context around the box, the first frame's mean colour outside the image.

    The template's side is sqrt((w + p)(h + p)) with p = context (w + h); the search crop has the same
    scale. Source: videoanalyst/pipeline/utils/crop.py of SparseTT, after SiamFC.

    Args:
        template_size, search_size: side of the crops in pixels.
        context: share of (w + h) added to each side.
    """

    convention = 'context'

    template_size: int = 127
    search_size: int = 289
    context: float = 0.5

    def __post_init__(self) -> None:
        check_sizes(self)

    def template(self, box: Any, training: bool = False) -> Crop:
        """The template's crop around a box x y w h."""
        return self._around(box, self.template_size, training)

    def search(self, box: Any, training: bool = False, wider: float = 1.0) -> Crop:
        """The search crop around the last box x y w h, its side times ``wider`` (training's scale jitter)."""
        return self._around(box, self.search_size, training, wider)

    def _around(self, box: Any, size: int, training: bool, wider: float = 1.0) -> Crop:
        x, y, w, h = map(float, box)
        centre = (x + (w - 1) / 2, y + (h - 1) / 2)
        w, h = np.float32(w), np.float32(h)  # sides in float32, as released: a last bit decides how bytes round
        p = np.float32(self.context) * (w + h)
        scale = np.float32(self.template_size) / np.sqrt((w + p) * (h + p)) / np.float32(wider)
        side = np.float32(size) / scale
        # Whole pixels in tracking only, as released.
        side = float(side) if training else round(float(side))
        return WarpedCrop(centre, float(scale), size, (size - 1) / 2, pixel=1, side=side)

    def fill(self, image: np.ndarray) -> Colour:
        """The colour outside the image: its mean."""
        return tuple(cv2.mean(image)[:3])
