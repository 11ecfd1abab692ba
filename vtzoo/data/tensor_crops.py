"""Crops of frames that are on a GPU already, such as those of a hardware decoder: cut there, nothing is moved."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from vtzoo.data.crops import Colour, Crop


def cut_tensor(crop: Crop, image: Tensor, fill: Colour) -> Tensor:
    """The crop of an image (H, W, 3) uint8, nearly as :meth:`Crop.cut` gives it -> (3, size, size) uint8.

    It samples bilinearly where the crop's pixels lie. OpenCV rounds its weights, so that single pixels differ by a grey
    level or two; at the crop's own edge they may differ by more.

    Args:
        crop: where.
        image: on any device.
        fill: the colour outside the image.
    """
    left, top, step = crop.grid()
    size, (h, w) = crop.size, (side - crop.unseen for side in image.shape[:2])
    x0, x1 = _inside(left, step * size, w)
    y0, y1 = _inside(top, step * size, h)
    colour = torch.tensor([float(int(value)) for value in fill], device=image.device)
    if x0 >= x1 or y0 >= y1:
        return colour.to(torch.uint8)[:, None, None].expand(3, size, size)
    part = (image[y0:y1, x0:x1].float() - colour).permute(2, 0, 1)[None]
    places = step * (torch.arange(size, dtype=torch.float64, device=image.device) + 0.5)
    x, y = (2 * (left - x0 + places) / (x1 - x0) - 1).float(), (2 * (top - y0 + places) / (y1 - y0) - 1).float()
    grid = torch.stack([x.expand(size, size), y[:, None].expand(size, size)], -1)[None]
    seen = F.grid_sample(part, grid, mode='bilinear', padding_mode='zeros', align_corners=False)[0]
    return (seen + colour[:, None, None]).round().clamp(0, 255).to(torch.uint8)


def _inside(start: float, length: float, end: int) -> tuple[int, int]:
    """The whole pixels that a stretch of an axis touches, one more on either side, inside the image."""
    return max(math.floor(start) - 1, 0), min(math.ceil(start + length) + 1, end)
