"""Box arithmetic on tensors: pure functions, the only ones (the judge's are in vtzoo.evaluation).

``xyxy`` are left, top, right, bottom; ``cxcywh`` centre and size; ``xywh`` left, top and size.
Pairs of boxes are compared element by element over the last axis.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TINY = torch.finfo(torch.float32).tiny


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
    inter, union = _overlap(a, b, pixel)
    return inter / union.clamp_min(TINY)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of corner boxes (Rezatofighi et al., CVPR 2019), in -1..1."""
    inter, union = _overlap(a, b)
    hull = _enclosing(a, b).prod(-1)
    return inter / union.clamp_min(TINY) - (hull - union) / hull.clamp_min(TINY)


def ciou(pred: Tensor, target: Tensor) -> Tensor:
    """Complete IoU of corner boxes (Zheng et al., AAAI 2020) as MixFormer's code has it, in -1..1.

    The weight of the aspect term is zero up to IoU 0.5 and carries no gradient (released file
    lib/utils/box_ops.py).
    """
    inter, union = _overlap(pred, target)
    overlap = inter / union.clamp_min(TINY)
    offset = ((pred[..., :2] + pred[..., 2:] - target[..., :2] - target[..., 2:]) / 2).square().sum(-1)
    diagonal = _enclosing(pred, target).square().sum(-1)
    v = 4 / math.pi**2 * (_aspect(target) - _aspect(pred)).square()
    with torch.no_grad():
        alpha = (overlap > 0.5).to(v.dtype) * v / (1 - overlap + v).clamp_min(TINY)
    return (overlap - offset / diagonal.clamp_min(TINY) - alpha * v).clamp(-1, 1)


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
    """Angle of the diagonal; a box without height keeps a finite gradient."""
    w, h = (box[..., 2:] - box[..., :2]).unbind(-1)
    return torch.atan(w / torch.where(h == 0, torch.full_like(h, 1e-6), h))
