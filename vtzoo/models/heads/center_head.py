"""Center head: every cell scores the target's centre, and says where in the cell it lies and how large the box is.

Source: OSTrack (Ye et al., ECCV 2022, section 3.4; after CenterNet); released file lib/models/layers/head.py
(CenterPredictor).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vtzoo.models.heads.base import Head
from vtzoo.models.heads.corner_head import CornerTower
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes, Features, Spec
from vtzoo.utils.require import require

LEAST = 1e-4
"""Probabilities and sizes stay so far from 0 and 1, as released."""

LARGEST_LOGIT = math.log((1 - LEAST) / LEAST)


@HEADS.register_module()
class CenterHead(Head):
    """Three fully convolutional branches: score, offset and size.

    Args:
        spec, size: see :class:`Head`.
        channels: width of the first convolution.

    Shape:
        Features.x (B, C, H, W) -> {'box': Boxes} with N = H*W, row by row. Training judges the box at the
        highest score alone, as released; negative pairs have no box.
    """

    gives = frozenset({'boxes', 'scores'})
    references = ('ye2022ostrack', 'zhou2019centernet')
    small = (dict(channels=8),)
    score_description = "probability that the chosen cell holds the target's centre"
    lost_threshold = 0.2

    def __init__(self, spec: Spec, size: int, channels: int = 256) -> None:
        super().__init__(spec, size)
        require(channels >= 8, f'CenterHead halves its width three times: write channels of 8 or more, not {channels}.')
        self.score, self.offset, self.extent = (CornerTower(spec.channels, channels, out) for out in (1, 2, 2))

    def default_losses(self) -> list[dict]:
        return [dict(type='GaussianFocalLoss'), *super().default_losses()]

    def predict(self, features: Features) -> dict[str, Boxes]:
        x = features.x
        extent = self.extent(x).sigmoid().clamp(LEAST, 1 - LEAST)
        return {'box': self.boxes_of(self.score(x), self.offset(x), extent)}

    def boxes_of(self, score: Tensor, offset: Tensor, extent: Tensor) -> Boxes:
        """Read the maps.

        Args:
            score: (B, 1, H, W) logits.
            offset: (B, 2, H, W) x y of the centre from the cell's corner, in cells.
            extent: (B, 2, H, W) w h in fractions of the crop.
        """
        points = self.points(*score.shape[-2:]).to(score)
        offset, extent = (maps.flatten(2).transpose(1, 2) for maps in (offset, extent))
        centre = points + offset * (self.spec.stride / self.size)
        scores = score.flatten(1).clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
        return Boxes(torch.cat([centre, extent], -1), scores, points, peak=True)

    def points(self, h: int, w: int) -> Tensor:
        """(N, 2) x y of the cells in 0..1: cell i answers for centres nearest to i strides, as released."""
        y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing='ij')
        return torch.stack([x.flatten(), y.flatten()], -1) * (self.spec.stride / self.size)
