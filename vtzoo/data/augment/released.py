"""MixFormer's changes to the finished crops: grey, flips, brightness.

MixFormer applies its joint changes to whole images; on the crops they give the same, a pixel aside.
Source: lib/train/base_functions.py and lib/train/data/transforms.py.
"""

from __future__ import annotations

import cv2
import numpy as np

from vtzoo.data.augment.base import Augmentation, Sometimes
from vtzoo.registry import AUGMENTATIONS


@AUGMENTATIONS.register_module()
class Grey(Sometimes):
    """Grey, as three equal channels.

    Args:
        p: probability.
        joint: see :class:`Augmentation`.
    """

    def __init__(self, p: float = 0.05, joint: bool = False) -> None:
        super().__init__(p, joint)

    def apply(self, image: np.ndarray, box: np.ndarray, rolled: float) -> tuple[np.ndarray, np.ndarray]:
        if rolled:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return image, box


@AUGMENTATIONS.register_module()
class Flip(Sometimes):
    """Left and right change places.

    Args:
        p: probability.
        joint: see :class:`Augmentation`.
    """

    def __init__(self, p: float = 0.5, joint: bool = False) -> None:
        super().__init__(p, joint)

    def apply(self, image: np.ndarray, box: np.ndarray, rolled: float) -> tuple[np.ndarray, np.ndarray]:
        if rolled:
            image, box = cv2.flip(image, 1), np.array([1 - box[0], *box[1:]])
        return image, box


@AUGMENTATIONS.register_module()
class Brightness(Augmentation):
    """All values times U(1 - jitter, 1 + jitter), cut at white.

    Args:
        jitter: largest relative change.
        joint: see :class:`Augmentation`.
    """

    def __init__(self, jitter: float = 0.2, joint: bool = False) -> None:
        super().__init__(joint)
        self.jitter = jitter

    def roll(self, rng: np.random.Generator) -> float:
        return rng.uniform(1 - self.jitter, 1 + self.jitter)

    def apply(self, image: np.ndarray, box: np.ndarray, rolled: float) -> tuple[np.ndarray, np.ndarray]:
        return cv2.convertScaleAbs(image, alpha=rolled), box
