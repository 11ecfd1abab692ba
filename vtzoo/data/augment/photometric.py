"""What cameras and encoders do to a picture: colour, blur, few pixels, JPEG, noise. Boxes stay as they are.

By default each crop rolls alone, so that template and search crop look as different as two frames of a video may.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vtzoo.data.augment.base import Sometimes
from vtzoo.registry import AUGMENTATIONS


class Photometric(Sometimes):
    """A change of pixel values, by a strength of its own each time. Arguments: see :class:`Sometimes`."""

    def roll(self, rng: np.random.Generator) -> Any:
        return self.strength(rng) if super().roll(rng) else None

    def strength(self, rng: np.random.Generator) -> Any:
        """How much."""
        raise NotImplementedError

    def apply(self, image: np.ndarray, box: np.ndarray, rolled: Any) -> tuple[np.ndarray, np.ndarray]:
        return (image if rolled is None else self.change(image, rolled)), box

    def change(self, image: np.ndarray, strength: Any) -> np.ndarray:
        """Crop (h, w, 3) uint8 -> the same, changed."""
        raise NotImplementedError


@AUGMENTATIONS.register_module()
class Colour(Photometric):
    """Brightness, contrast and saturation times U(1 - x, 1 + x) of each, hue turned by up to +-x of the circle.

    Args:
        p: probability.
        brightness, contrast, saturation: largest relative change.
        hue: largest turn, as a share of the circle.
        joint: see :class:`~vtzoo.data.augment.base.Augmentation`.
    """

    def __init__(self, p: float = 0.8, brightness: float = 0.3, contrast: float = 0.3, saturation: float = 0.3,
                 hue: float = 0.02, joint: bool = False) -> None:
        super().__init__(p, joint)
        self.most = (brightness, contrast, saturation, hue)

    def strength(self, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-1, 1, 4) * self.most

    def change(self, image: np.ndarray, strength: np.ndarray) -> np.ndarray:
        brightness, contrast, saturation, hue = strength
        h, s, v = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
        h = ((h.astype(np.int16) + round(180 * hue)) % 180).astype(np.uint8)  # OpenCV's circle has 180 steps
        s = cv2.convertScaleAbs(s, alpha=1 + saturation)
        image = cv2.cvtColor(cv2.merge([h, s, v]), cv2.COLOR_HSV2RGB).astype(np.float32)
        mean = image.mean()
        image = (1 + brightness) * (mean + (1 + contrast) * (image - mean))
        return np.clip(np.rint(image), 0, 255).astype(np.uint8)


@AUGMENTATIONS.register_module()
class Blur(Photometric):
    """Out of focus (Gaussian), or moved in a straight line.

    Args:
        p: probability.
        sigma: (least, most) deviation of the Gaussian, in pixels.
        motion: share of blurs that are movements.
        length: (least, most) length of a movement, in pixels.
        joint: see :class:`~vtzoo.data.augment.base.Augmentation`.
    """

    def __init__(self, p: float = 0.15, sigma: tuple[float, float] = (0.5, 2.0), motion: float = 0.5,
                 length: tuple[float, float] = (3.0, 9.0), joint: bool = False) -> None:
        super().__init__(p, joint)
        self.sigma, self.motion, self.length = sigma, motion, length

    def strength(self, rng: np.random.Generator) -> tuple[str, float, float]:
        if rng.random() < self.motion:
            return 'motion', rng.uniform(*self.length), rng.uniform(0, np.pi)
        return 'focus', rng.uniform(*self.sigma), 0.0

    def change(self, image: np.ndarray, strength: tuple[str, float, float]) -> np.ndarray:
        kind, extent, angle = strength
        if kind == 'focus':
            return cv2.GaussianBlur(image, (0, 0), extent)
        return cv2.filter2D(image, -1, line(extent, angle))


def line(length: float, angle: float) -> np.ndarray:
    """A straight line through the middle of a square, (n, n) float32 that sums to 1."""
    n = int(np.ceil(length)) // 2 * 2 + 1
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    first, last = ([round(16 * c) for c in n // 2 + sign * step] for sign in (-1, 1))
    kernel = cv2.line(np.zeros((n, n), np.uint8), first, last, 255, 1, cv2.LINE_AA, shift=4).astype(np.float32)
    return kernel / kernel.sum()


@AUGMENTATIONS.register_module()
class LowResolution(Photometric):
    """Shrunk and enlarged again, as objects far away are.

    Args:
        p: probability.
        share: (least, most) side that it is shrunk to, as a share of its own.
        joint: see :class:`~vtzoo.data.augment.base.Augmentation`.
    """

    def __init__(self, p: float = 0.15, share: tuple[float, float] = (0.3, 0.8), joint: bool = False) -> None:
        super().__init__(p, joint)
        self.share = share

    def strength(self, rng: np.random.Generator) -> float:
        return rng.uniform(*self.share)

    def change(self, image: np.ndarray, strength: float) -> np.ndarray:
        height, width = image.shape[:2]
        small = cv2.resize(image, (max(round(width * strength), 1), max(round(height * strength), 1)),
                           interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@AUGMENTATIONS.register_module()
class Compression(Photometric):
    """Through JPEG and back.

    Args:
        p: probability.
        quality: (least, most) quality of the JPEG, 1 to 100.
        joint: see :class:`~vtzoo.data.augment.base.Augmentation`.
    """

    def __init__(self, p: float = 0.2, quality: tuple[int, int] = (20, 70), joint: bool = False) -> None:
        super().__init__(p, joint)
        self.quality = quality

    def strength(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.quality[0], self.quality[1] + 1))

    def change(self, image: np.ndarray, strength: int) -> np.ndarray:
        data = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, strength])[1]
        return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


@AUGMENTATIONS.register_module()
class Noise(Photometric):
    """Gaussian, each pixel and channel alone.

    Args:
        p: probability.
        deviation: (least, most), in grey levels of 255.
        joint: see :class:`~vtzoo.data.augment.base.Augmentation`.
    """

    def __init__(self, p: float = 0.15, deviation: tuple[float, float] = (2.0, 10.0), joint: bool = False) -> None:
        super().__init__(p, joint)
        self.deviation = deviation

    def strength(self, rng: np.random.Generator) -> tuple[float, int]:
        return rng.uniform(*self.deviation), int(rng.integers(2 ** 32))

    def change(self, image: np.ndarray, strength: tuple[float, int]) -> np.ndarray:
        deviation, seed = strength
        noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
        return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)
