"""Labels for score maps: a Gaussian around the target's cell.

Source: OSTrack, lib/utils/heapmap_utils.py, after CornerNet (Law and Deng, ECCV 2018, section 3.2).
"""

from __future__ import annotations

import torch
from torch import Tensor

SNAP = 2 ** 16
"""Positions are compared to 1/65536 of a cell: a centre between two cells is one whatever its last bit says."""


def gaussian_labels(box: Tensor, points: Tensor, overlap: float = 0.7) -> Tensor:
    """The label map of each target, 1 at the cell nearest to its centre.

    Args:
        box: (B, 4) cx cy w h, 0..1.
        points: (N, 2) x y of the cells of a square map, row by row, evenly spaced.
        overlap: see :func:`radius`.

    Returns:
        (B, N) 0..1. A centre between two cells belongs to the one with the even number; a centre outside
        the map gives no 1.
    """
    side = round(len(points) ** 0.5)
    per_unit = 1 / (points[1, 0] - points[0, 0]) if side > 1 else 1.0
    centre = (((box[:, :2] - points[0]) * per_unit * SNAP).round() / SNAP).round()
    reach = radius(box[:, 2:] * per_unit, overlap)[:, None]
    index = torch.arange(side, device=box.device)
    x = (index.repeat(side) - centre[:, :1])
    y = (index.repeat_interleave(side) - centre[:, 1:])
    sigma = (2 * reach + 1) / 6
    value = torch.exp(-(x * x + y * y) / (2 * sigma * sigma))
    return value * ((x.abs() <= reach) & (y.abs() <= reach))


def radius(size: Tensor, overlap: float) -> Tensor:
    """How many whole cells the corners of boxes may move until the IoU falls to ``overlap``: (B, 2) w h -> (B,).

    CornerNet's first formula, as released: it divides the roots by 2, not by 2a, so it is not an exact solution.
    """
    total, area = size.sum(-1), size.prod(-1)
    cases = [(1.0, total, area * (1 - overlap) / (1 + overlap)), (4.0, 2 * total, (1 - overlap) * area),
             (4 * overlap, -2 * overlap * total, (overlap - 1) * area)]
    roots = [(b + (b * b - 4 * a * c).clamp_min(0).sqrt()) / 2 for a, b, c in cases]
    return torch.stack(roots).amin(0).clamp_min(0).floor()
