"""Box arithmetic on tensors: pure functions, the only ones (the judge's are in vtzoo.evaluation).

``xyxy`` are left, top, right, bottom; ``cxcywh`` centre and size; ``xywh`` left, top and size.
Pairs of boxes are compared element by element over the last axis. Comparisons and their gradients are finite for all
finite boxes: empty, inverted (x2 < x1 or y2 < y1) or far too large ones too.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TINY = torch.finfo(torch.float32).tiny
LEAST_AREA = 1e-18
"""Smaller areas do not divide: a ratio of two of them would have no finite gradient."""
LARGEST = 1e9
"""Coordinates are compared within plus and minus this, so that no area overflows."""


def cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    """(..., 4) centre and size -> corners."""
    c, s = boxes[..., :2], boxes[..., 2:] * 0.5
    return torch.cat([c - s, c + s], -1)


def xyxy_to_cxcywh(boxes: Tensor) -> Tensor:
    """(..., 4) corners -> centre and size."""
    a, b = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(a + b) / 2, b - a], -1)


def xywh_to_cxcywh(boxes: Tensor) -> Tensor:
    """(..., 4) left, top and size -> centre and size."""
    return torch.cat([boxes[..., :2] + boxes[..., 2:] / 2, boxes[..., 2:]], -1)


def iou(a: Tensor, b: Tensor, pixel: float = 0.0) -> Tensor:
    """Intersection over union of corner boxes, (..., 4) x 2 -> (...).

    ``pixel`` is added to every width and height: the convention in which a box holds both its
    edge pixels (SparseTT, with the side of one pixel in the boxes' units).
    """
    inter, union = _overlap(_within(a), _within(b), pixel)
    return inter / union.clamp_min(LEAST_AREA)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of corner boxes (Rezatofighi et al., CVPR 2019), in -1..1. An inverted box overlaps nothing."""
    a, b = _within(a), _within(b)
    inter, union = _overlap(a, b)
    hull = _enclosing(a, b).prod(-1)
    unfilled = hull - union
    # An inverted box may be larger than the hull, which must not count as better than a full one.
    unfilled = torch.where(_inverted(a) | _inverted(b), unfilled.clamp_min(0), unfilled)
    return inter / union.clamp_min(LEAST_AREA) - unfilled / hull.clamp_min(LEAST_AREA)


def ciou(pred: Tensor, target: Tensor) -> Tensor:
    """Complete IoU of corner boxes (Zheng et al., AAAI 2020) as MixFormer's code has it, in -1..1.

    The weight of the aspect term is zero up to IoU 0.5 and carries no gradient (released file
    lib/utils/box_ops.py).
    """
    pred, target = _within(pred), _within(target)
    inter, union = _overlap(pred, target)
    overlap = inter / union.clamp_min(LEAST_AREA)
    offset = ((pred[..., :2] + pred[..., 2:] - target[..., :2] - target[..., 2:]) / 2).square().sum(-1)
    diagonal = _enclosing(pred, target).square().sum(-1)
    v = 4 / math.pi**2 * (_aspect(target) - _aspect(pred)).square()
    with torch.no_grad():
        alpha = (overlap > 0.5).to(v.dtype) * v / (1 - overlap + v).clamp_min(TINY)
    return (overlap - offset / diagonal.clamp_min(LEAST_AREA) - alpha * v).clamp(-1, 1)


def _within(box: Tensor) -> Tensor:
    return box.clamp(-LARGEST, LARGEST)


def _inverted(box: Tensor) -> Tensor:
    """(...) bool: the right edge lies left of the left one, or the bottom above the top."""
    return (box[..., 2:] < box[..., :2]).any(-1)


def _overlap(a: Tensor, b: Tensor, pixel: float = 0.0) -> tuple[Tensor, Tensor]:
    """Areas of intersection and union."""
    size_a, size_b = a[..., 2:] - a[..., :2] + pixel, b[..., 2:] - b[..., :2] + pixel
    side = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2]) + pixel
    inter = side.clamp_min(0).prod(-1)
    return inter, size_a.abs().prod(-1) + size_b.abs().prod(-1) - inter


def _enclosing(a: Tensor, b: Tensor) -> Tensor:
    """(..., 2) size of the smallest box around both."""
    return (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp_min(0)


def _aspect(box: Tensor) -> Tensor:
    """Angle of the diagonal; a box without height, as if it were 1e-6 high, keeps a finite gradient."""
    w, h = (box[..., 2:] - box[..., :2]).unbind(-1)
    return torch.atan(w / torch.where(h.abs() < 1e-6, torch.full_like(h, 1e-6), h))
