"""What augmentations share: one roll for all crops of a sample, or one for each."""

from __future__ import annotations

from typing import Any

import numpy as np


class Augmentation:
    """One random change.

    Args:
        joint: one roll for all crops of a sample; False: each crop rolls alone.
    """

    def __init__(self, joint: bool = False) -> None:
        self.joint = joint

    def roll(self, rng: np.random.Generator) -> Any:
        """What is random about it; falsy values may stand for no change."""
        raise NotImplementedError

    def apply(self, image: np.ndarray, box: np.ndarray, rolled: Any) -> tuple[np.ndarray, np.ndarray]:
        """Crop (h, w, 3) uint8 and its box cx cy w h, 0..1 -> both, changed."""
        raise NotImplementedError


class Sometimes(Augmentation):
    """A change that happens with a probability, and is the same whenever it does.

    Args:
        p: probability.
        joint: see :class:`Augmentation`.
    """

    def __init__(self, p: float, joint: bool = False) -> None:
        super().__init__(joint)
        self.p = p

    def roll(self, rng: np.random.Generator) -> Any:
        return rng.random() < self.p


def augment(rng: np.random.Generator, augmentations: list[Augmentation], crops: list[np.ndarray],
            boxes: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A sample's crops and boxes, changed by each augmentation in turn."""
    for augmentation in augmentations:
        rolls = [augmentation.roll(rng)] * len(crops) if augmentation.joint else [
            augmentation.roll(rng) for _ in crops]
        changed = [augmentation.apply(*each) for each in zip(crops, boxes, rolls, strict=True)]
        crops, boxes = [list(part) for part in zip(*changed, strict=True)]
    return crops, boxes
