"""Distractors: another object is pasted into a search crop, beside the target or over a part of it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vtzoo.data.crops import CropConvention
from vtzoo.data.loading import cut
from vtzoo.data.mixture import Mixture
from vtzoo.registry import DISTRACTORS
from vtzoo.utils.require import require


class Distractors:
    """Something that looks like a target is added to a search crop."""

    def add(self, rng: np.random.Generator, mixture: Mixture, convention: CropConvention, search: np.ndarray,
            box: np.ndarray) -> np.ndarray:
        """Search crop (h, w, 3) uint8 and its box cx cy w h in 0..1 -> the crop, perhaps with another object.

        Raises:
            FrameError, AnnotationError: the other object's file is bad.
        """
        raise NotImplementedError


@DISTRACTORS.register_module()
class PastedObjects(Distractors):
    """Another object of the mixture, about as large as the target, inside an ellipse or a rectangle.

    Args:
        p: share of the search crops that get one.
        over: of these, the share where it hides a part of the target; else it stands beside it.
        hidden: the largest share of the target's box that it hides.
        size: (least, most) side of the pasted object, times the target's.
    """

    def __init__(self, p: float = 0.25, over: float = 0.4, hidden: float = 0.4,
                 size: tuple[float, float] = (0.6, 1.4)) -> None:
        require(0 <= p <= 1 and 0 <= over <= 1 and 0 < hidden < 1,
                f'PastedObjects takes shares from 0 to 1, not p={p}, over={over}, hidden={hidden}.')
        self.p, self.over, self.hidden, self.size = p, over, hidden, size

    def add(self, rng: np.random.Generator, mixture: Mixture, convention: CropConvention, search: np.ndarray,
            box: np.ndarray) -> np.ndarray:
        if rng.random() >= self.p:
            return search
        other = self._object(rng, mixture, convention)
        if other is None:
            return search
        side = len(search)
        cx, cy, w, h = box * side
        scale = rng.uniform(*self.size) * math.sqrt(w * h / (other.shape[0] * other.shape[1]))
        high, wide = (max(round(length * scale), 2) for length in other.shape[:2])
        if max(high, wide) > side:
            return search
        other = cv2.resize(other, (wide, high), interpolation=cv2.INTER_LINEAR)
        angle = rng.uniform(0, 2 * math.pi)
        reach = _reach(angle, (w + wide) / 2, (h + high) / 2)  # where the two boxes would touch
        distance = reach * rng.uniform(1.0, 1.3)
        if rng.random() < self.over:
            distance = reach * rng.uniform(0.4, 1.0)
        place = np.array([cx + distance * math.cos(angle) - wide / 2, cy + distance * math.sin(angle) - high / 2])
        if _covered(place, (wide, high), (cx - w / 2, cy - h / 2, w, h)) > self.hidden:
            return search
        return _paste(search, other, *np.rint(place).astype(int).tolist(), ellipse=rng.random() < 0.5)

    @staticmethod
    def _object(rng: np.random.Generator, mixture: Mixture, convention: CropConvention) -> np.ndarray | None:
        """The pixels of another target's box, at the size of a template."""
        sequence = mixture.draw(rng)[1]
        frame = int(rng.integers(len(sequence)))
        box = sequence.boxes[frame]
        if not (sequence.visible[frame] and np.isfinite(box).all() and (box[2:] > 1).all()):
            return None
        crop = convention.template(box, training=True)
        image = cut(sequence.frames, frame, crop, (0, 0, 0) if convention.fill_needs_image else convention.fill())
        cx, cy, w, h = crop.to_crop(box) * crop.size
        left, top = max(round(cx - w / 2), 0), max(round(cy - h / 2), 0)
        pixels = image[top:round(cy + h / 2), left:round(cx + w / 2)]
        return pixels if min(pixels.shape[:2]) >= 2 else None


def _reach(angle: float, half_width: float, half_height: float) -> float:
    """From a rectangle's middle to its edge, in a direction."""
    return min(half_width / max(abs(math.cos(angle)), 1e-9), half_height / max(abs(math.sin(angle)), 1e-9))


def _covered(place: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float]) -> float:
    """The share of a box x y w h under a rectangle."""
    shared = [max(0.0, min(place[i] + size[i], box[i] + box[i + 2]) - max(place[i], box[i])) for i in (0, 1)]
    return shared[0] * shared[1] / (box[2] * box[3])


def _paste(image: np.ndarray, other: np.ndarray, x: int, y: int, ellipse: bool) -> np.ndarray:
    high, wide = other.shape[:2]
    mask = np.full((high, wide), 255, np.uint8)
    if ellipse:
        mask = cv2.ellipse(np.zeros_like(mask), ((wide / 2 - 0.5, high / 2 - 0.5), (wide, high), 0), 255, -1)
    left, top, right, bottom = max(-x, 0), max(-y, 0), min(wide, image.shape[1] - x), min(high, image.shape[0] - y)
    if left >= right or top >= bottom:
        return image
    image = image.copy()
    part, where = other[top:bottom, left:right], mask[top:bottom, left:right] > 0
    image[y + top:y + bottom, x + left:x + right][where] = part[where]
    return image
