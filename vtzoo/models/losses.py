"""Loss terms. Each is a mean over what it may judge, in float32, and finite whatever it is given.

Sources: MixFormer, section 3.4 and lib/train/actors/mixformer.py; SparseTT, section 3.5 and
videoanalyst/model/loss/loss_impl/; OSTrack, section 3.4 and lib/utils/focal_loss.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.boxes import LARGEST, TINY, ciou, cxcywh_to_xyxy, giou, iou
from vtzoo.models.heatmaps import gaussian_labels
from vtzoo.registry import LOSSES
from vtzoo.structures import Boxes, Target
from vtzoo.utils.require import require


class LossTerm(nn.Module):
    """One term of the training loss, applied to every branch that has a weight.

    Args:
        weight: a number, or one per branch: dict(fc=1.4, conv=0.5).
    """

    needs: str  # 'boxes' or 'scores'
    name: str  # in logs
    references: tuple[str, ...]  # keys of vtzoo/zoo/references.bib

    def __init__(self, weight: float | dict[str, float] = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def weight_of(self, branch: str) -> float:
        """The weight of a branch."""
        return self.weight[branch] if isinstance(self.weight, dict) else self.weight

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        """-> scalar, not weighted."""
        raise NotImplementedError


class BoxLoss(LossTerm):
    """Mean over positive cells (for a one-box head: over positive samples) of a distance of corner boxes.

    The truth is clamped to the crop, as MixFormer does it; SparseTT's crops hold their boxes whole.
    """

    needs = 'boxes'

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        positive = boxes.trained(target)
        truth = cxcywh_to_xyxy(target.box.float()).clamp(0, 1)[:, None].expand_as(boxes.boxes)
        predicted = cxcywh_to_xyxy(boxes.boxes.float()).clamp(-LARGEST, LARGEST)
        # Elsewhere the truth stands in and the distance is left out, so that an undefined one has no gradient.
        predicted = torch.where(positive[..., None], predicted, truth)
        value = self.distance(predicted, truth)
        return torch.where(positive, value, torch.zeros_like(value)).sum() / positive.sum().clamp_min(1)

    def distance(self, predicted: Tensor, truth: Tensor) -> Tensor:
        """(B, N, 4), (B, N, 4) corners 0..1 -> (B, N)."""
        raise NotImplementedError


@LOSSES.register_module()
class L1Loss(BoxLoss):
    """Mean absolute difference of the four corner coordinates."""

    name = 'l1'
    references = ('carion2020detr',)

    def distance(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return (predicted - truth).abs().mean(-1)


@LOSSES.register_module()
class GIoULoss(BoxLoss):
    """1 - GIoU: what the MixFormer paper writes."""

    name = 'giou'
    references = ('rezatofighi2019giou',)

    def distance(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return 1 - giou(predicted, truth)


@LOSSES.register_module()
class CIoULoss(BoxLoss):
    """1 - CIoU: what the released MixFormer trains with."""

    name = 'ciou'
    references = ('zheng2020diou',)

    def distance(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return 1 - ciou(predicted, truth)


@LOSSES.register_module()
class IoULoss(BoxLoss):
    """-log IoU; no gradient where the boxes do not meet, so pair it with another term on a one-box head.

    Args:
        pixels: side of the search crop in pixels: one pixel is added to every width and height, as
            SparseTT counts them. 0: none.
        weight: see :class:`LossTerm`.
    """

    name = 'iou'
    references = ('yu2016unitbox',)

    def __init__(self, pixels: int = 0, weight: float | dict[str, float] = 1.0) -> None:
        super().__init__(weight)
        self.pixel = 1 / pixels if pixels else 0.0

    def distance(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return -iou(predicted, truth, self.pixel).clamp_min(TINY).log()


@LOSSES.register_module()
class FocalLoss(LossTerm):
    """Focal loss (Lin et al., ICCV 2017) over the cells that are not ignored, per positive cell.

    Args:
        alpha: weight of positives; negatives get 1 - alpha.
        gamma: focusing exponent.
        weight: see :class:`LossTerm`.
    """

    needs, name = 'scores', 'focal'
    references = ('lin2017focal',)

    def __init__(self, alpha: float = 0.75, gamma: float = 2.0, weight: float | dict[str, float] = 1.0) -> None:
        super().__init__(weight)
        self.alpha, self.gamma = alpha, gamma

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        labels = boxes.labels(target)
        truth, scores = (labels == 1).float(), boxes.scores.float()
        p = scores.sigmoid()
        wrong = p * (1 - truth) + (1 - p) * truth
        alpha = self.alpha * truth + (1 - self.alpha) * (1 - truth)
        value = alpha * wrong ** self.gamma * F.binary_cross_entropy_with_logits(scores, truth, reduction='none')
        return (value * (labels >= 0)).sum() / truth.sum().clamp_min(1)


@LOSSES.register_module()
class GaussianFocalLoss(LossTerm):
    """Focal loss against a Gaussian around the target's cell (CornerNet, Law and Deng, ECCV 2018, equation 1).

    Args:
        alpha: focusing exponent.
        beta: of how much a negative near the target's cell counts less.
        overlap: the Gaussian reaches as far as a box of the target's size moves at this IoU, see
            :func:`~vtzoo.models.heatmaps.gaussian_labels`.
        weight: see :class:`LossTerm`.

    The sum over cells, per positive cell of the batch; the target's cell is the only one of a positive pair.
    """

    needs, name = 'scores', 'gaussian_focal'
    references = ('law2018cornernet', 'zhou2019centernet')

    def __init__(self, alpha: float = 2.0, beta: float = 4.0, overlap: float = 0.7,
                 weight: float | dict[str, float] = 1.0) -> None:
        super().__init__(weight)
        self.alpha, self.beta, self.overlap = alpha, beta, overlap

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        require(boxes.points is not None,
                "GaussianFocalLoss needs a score per cell: take head=dict(type='CenterHead'), or leave losses out.")
        labels = gaussian_labels(target.box.float(), boxes.points, self.overlap) * target.positive[:, None]
        scores, positive = boxes.scores.float(), labels == 1
        p = scores.sigmoid()
        hit = (1 - p) ** self.alpha * F.logsigmoid(scores) * positive
        miss = (1 - labels) ** self.beta * p ** self.alpha * F.logsigmoid(-scores)
        return -(hit + miss).sum() / positive.sum().clamp_min(1)


@LOSSES.register_module()
class CrossEntropyLoss(LossTerm):
    """Binary cross-entropy of scores, mean over what is not ignored: the SPM's loss (MixFormer, equation 5)."""

    needs, name = 'scores', 'cross_entropy'
    references = ('cui2022mixformer',)

    def forward(self, boxes: Boxes, target: Target) -> Tensor:
        labels = boxes.labels(target)
        value = F.binary_cross_entropy_with_logits(boxes.scores.float(), (labels == 1).float(), reduction='none')
        return (value * (labels >= 0)).sum() / (labels >= 0).sum().clamp_min(1)
