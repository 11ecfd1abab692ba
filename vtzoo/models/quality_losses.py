"""Losses in which a cell counts by its place on the target: one score that ranks cells by the boxes they give.

Sources: GFL (Li et al., NeurIPS 2020, equation 2) for the quality target; CenterNet (Zhou et al., 2019) for the
Gaussian around the centre.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vtzoo.boxes import cxcywh_to_xyxy, giou, iou
from vtzoo.models.losses import LossTerm
from vtzoo.registry import LOSSES
from vtzoo.structures import Boxes, Target
from vtzoo.utils.require import require

SIGMA = 0.3
"""Deviation of the Gaussian, in sides of the target's box."""


def centredness(boxes: Boxes, target: Target) -> Tensor:
    """(B, N) 0..1: a Gaussian around the target's centre, inside its box; 1 at the nearest cell; 0 in a negative pair.

    Raises:
        ValueError: the head gives one box, not one for each cell.
    """
    require(boxes.points is not None, 'QualityFocalLoss and CentredGIoULoss need a score and a box for each cell: take '
            "head=dict(type='DenseHead'), or leave losses out.")
    away = boxes.points - target.box[:, None, :2]
    relative = away / target.box[:, None, 2:].clamp_min(1e-3)
    weight = torch.exp(-relative.square().sum(-1) / (2 * SIGMA ** 2)) * (relative.abs().amax(-1) < 0.5)
    nearest = away.square().sum(-1).argmin(1, keepdim=True)
    return weight.scatter(1, nearest, 1.0) * target.positive[:, None]


@LOSSES.register_module()
class QualityFocalLoss(LossTerm):
    """|q - p|^2 cross-entropy(p, q): the score p of a cell is its box's overlap with the truth, times its place.

    Args:
        weight: see :class:`LossTerm`.
    """

    needs, name = 'scores', 'quality'
    references = ('li2020gfl',)

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        truth = cxcywh_to_xyxy(target.box.float())[:, None].clamp(0, 1)
        overlap = iou(cxcywh_to_xyxy(boxes.boxes.detach().float()), truth).clamp(0, 1)
        place, scores = centredness(boxes, target), boxes.scores.float()
        quality = place * overlap
        value = (quality - scores.sigmoid()).square() * F.binary_cross_entropy_with_logits(
            scores, quality, reduction='none')
        return value.sum() / place.sum().clamp_min(1)


@LOSSES.register_module()
class CentredGIoULoss(LossTerm):
    """1 - GIoU, a mean over cells weighted by their place on the target.

    Args:
        weight: see :class:`LossTerm`.
    """

    needs, name = 'boxes', 'centred_giou'
    references = ('rezatofighi2019giou',)

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        truth = cxcywh_to_xyxy(target.box.float())[:, None].clamp(0, 1).expand_as(boxes.boxes)
        place = centredness(boxes, target)
        return ((1 - giou(cxcywh_to_xyxy(boxes.boxes.float()), truth)) * place).sum() / place.sum().clamp_min(1)
