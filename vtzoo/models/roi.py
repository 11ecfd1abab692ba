"""Precise RoI pooling (Jiang et al., ECCV 2018) in plain PyTorch.

The integral of a bilinear interpolant over a rectangle is separable: two small matrix products whose
weights are integrals of hat functions. So no compiled extension is needed, and it is exact, and
differentiable in the map and in the box.
"""

from __future__ import annotations

import torch
from torch import Tensor


def precise_roi_pool(maps: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Mean of each bin of each box, of the map interpolated bilinearly and zero outside.

    Args:
        maps: (B, C, H, W).
        boxes: (B, 4) x1 y1 x2 y2 in cells; cell i's value sits at coordinate i, without half a cell.
        size: bins a side.

    Returns:
        (B, C, size, size); zeros where a box is empty or inverted.
    """
    h, w = maps.shape[-2:]
    boxes = boxes.double()
    rows = _bin_means(boxes[:, 1], boxes[:, 3], size, h)
    columns = _bin_means(boxes[:, 0], boxes[:, 2], size, w)
    return torch.einsum('bij,bcjk,blk->bcil', rows, maps.double(), columns).to(maps.dtype)


def _bin_means(low: Tensor, high: Tensor, size: int, n: int) -> Tensor:
    """(B, size, n) weight of each of n cells in the mean over each of ``size`` equal parts of low..high."""
    extent = (high - low).clamp_min(0)
    steps = torch.arange(size + 1, device=low.device, dtype=low.dtype) / size
    edges = low[:, None] + extent[:, None] * steps
    area = _hat_integral(edges[..., None] - torch.arange(n, device=low.device))
    width = extent / size
    return torch.where(width > 0, 1 / torch.where(width > 0, width, 1), 0)[:, None, None] * area.diff(dim=1)


def _hat_integral(t: Tensor) -> Tensor:
    """Integral of max(0, 1 - |u|) for u from minus infinity to t."""
    t = t.clamp(-1, 1)
    return 0.5 + t - 0.5 * t * t.abs()
