"""From bytes to the network's input, on the network's device; the same object in training and tracking."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from vtzoo.registry import MODELS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@MODELS.register_module()
class Preprocessor(BaseDataPreprocessor):
    """Moves a batch to the device and normalises its images.

    Args:
        mean, std: of RGB in 0..1.
    """

    def __init__(self, mean: tuple[float, ...] = IMAGENET_MEAN, std: tuple[float, ...] = IMAGENET_STD) -> None:
        super().__init__()
        self.register_buffer('mean', torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(3, 1, 1), persistent=False)

    def normalise(self, images: Tensor) -> Tensor:
        """(..., 3, h, w) uint8 RGB -> float32, normalised, on this device."""
        return (images.to(self.device, non_blocking=True).float() / 255.0 - self.mean) / self.std

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """A collated batch: images normalised, tensors moved."""
        data = self.cast_data(data)
        return {name: self.normalise(value) if name in ('template', 'search') else value
                for name, value in data.items()}
