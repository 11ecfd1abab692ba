"""Training crops: where they are cut, so that the target is not always in the middle."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from vtzoo.data.crops import AreaCrop, ContextCrop, Crop, CropConvention
from vtzoo.registry import JITTERS

Rng = np.random.Generator | np.random.RandomState


class Jitter:
    """Cuts are drawn around the true boxes; None where they cannot serve, then the sample is drawn again."""

    convention: str  # of the crops that it can jitter

    def crops(self, rng: Rng, convention: CropConvention, templates: list[np.ndarray], search: np.ndarray,
              size: tuple[int, int]) -> tuple[list[Crop], Crop] | None:
        """Boxes x y w h of the templates and of the search frame, the search image's (width, height)
        -> the templates' crops and the search crop."""
        raise NotImplementedError


@JITTERS.register_module()
class AreaJitter(Jitter):
    """MixFormer's: log-normal change of size, uniform shift; templates are cut at their boxes.

    Source: lib/train/data/processing.py (_get_jittered_box).

    Args:
        scale: deviation of the log of width and of height, each drawn alone.
        centre: largest shift is half of this times the square root of the jittered box's area.
    """

    convention = 'area'

    def __init__(self, scale: float = 0.5, centre: float = 4.5) -> None:
        self.scale, self.centre = scale, centre

    def crops(self, rng: Rng, convention: AreaCrop, templates: list[np.ndarray], search: np.ndarray,
              size: tuple[int, int]) -> tuple[list[Crop], Crop] | None:
        if not all(_sound(box) for box in (*templates, search)):
            return None
        extent = search[2:] * np.exp(rng.normal(0, self.scale, 2))
        shift = (rng.uniform(size=2) - 0.5) * self.centre * math.sqrt(extent.prod())
        centre = search[:2] + search[2:] / 2 + shift
        crop = convention.search([*(centre - extent / 2), *extent], training=True)
        if not _shows_image(crop, size):
            return None
        return [convention.template(box, training=True) for box in templates], crop


@JITTERS.register_module()
class ContextJitter(Jitter):
    """SparseTT's: the search crop is zoomed and shifted as long as the box stays inside it.

    Source: videoanalyst/data/utils/crop_track_pair.py and filter_box.py.

    Args:
        scale: the crop's side is multiplied by U(1 / (1 + scale), 1 + scale).
        shift: largest shift as a share of half the crop's side.
        template_shift: the template's box is moved by up to this share of its sides, as a tracker's boxes are.
        template_scale: and its sides are each multiplied by U(1 / (1 + x), 1 + x).
        tries: draws before the crop is left as it is.
        aspect: boxes longer than this are left out.
        area: (least, most) share of the image that a box may fill; None: any, as the released filter,
            whose area test is always true.
    """

    convention = 'context'

    def __init__(self, scale: float = 0.3, shift: float = 0.4, tries: int = 50, aspect: float = 10.0,
                 area: tuple[float, float] | None = None, template_shift: float = 0.0,
                 template_scale: float = 0.0) -> None:
        self.scale, self.shift, self.tries, self.aspect, self.area = scale, shift, tries, aspect, area
        self.template_shift, self.template_scale = template_shift, template_scale

    def crops(self, rng: Rng, convention: ContextCrop, templates: list[np.ndarray], search: np.ndarray,
              size: tuple[int, int]) -> tuple[list[Crop], Crop] | None:
        if not all(self.accepts(box, size) for box in (*templates, search)):
            return None
        templates = [self._moved(rng, box) for box in templates]
        return [convention.template(box, training=True) for box in templates], self._search(rng, convention, search)

    def accepts(self, box: np.ndarray, size: tuple[int, int]) -> bool:
        """Whether a box x y w h is of a shape and size to train on."""
        if not _sound(box):
            return False
        w, h = box[2:]
        if max(w / h, h / w) >= self.aspect:
            return False
        return self.area is None or self.area[0] < w * h / (size[0] * size[1]) < self.area[1]

    def _moved(self, rng: Rng, box: np.ndarray) -> np.ndarray:
        if not (self.template_shift or self.template_scale):
            return box
        extent = box[2:] * [rng.uniform(1 / (1 + self.template_scale), 1 + self.template_scale) for _ in range(2)]
        shift = [rng.uniform(-self.template_shift, self.template_shift) for _ in range(2)] * box[2:]
        return np.concatenate([box[:2] + box[2:] / 2 + shift - extent / 2, extent])

    def _search(self, rng: Rng, convention: ContextCrop, box: np.ndarray) -> Crop:
        for _ in range(self.tries):
            side = rng.uniform(1 / (1 + self.scale), 1 + self.scale)
            rng.uniform()  # the released code draws a template scale of 1 here, and two shifts of 0 below
            crop = convention.search(box, training=True, wider=side)
            shift = [np.float32(rng.uniform(-self.shift, self.shift)) * crop.side / 2 for _ in range(2)]
            rng.uniform(size=2)
            crop = replace(crop, centre=(crop.centre[0] - shift[0], crop.centre[1] - shift[1]))
            cx, cy, w, h = crop.to_crop(box) * crop.size
            corners = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            if min(corners) >= 0 and max(corners) <= crop.size - 1:
                return crop
        return convention.search(box, training=True)


def _sound(box: np.ndarray) -> bool:
    """A box that is known and has a size."""
    return bool(np.isfinite(box).all() and (box[2:] > 0).all())


def _shows_image(crop: Crop, size: tuple[int, int]) -> bool:
    """Whether a cell of a stride-16 map falls on the image; a crop of padding alone trains nothing."""
    cells = np.arange(0, crop.size, 16)
    x, y = ((cells - crop.middle) / crop.scale + c for c in crop.centre)
    return bool(((x >= 0) & (x < size[0])).any() and ((y >= 0) & (y < size[1])).any())
