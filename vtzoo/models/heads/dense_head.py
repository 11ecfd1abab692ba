"""Dense head for CPUs: LightTrack's separable towers (Yan et al., CVPR 2021); a score for each cell that says how good
its box is (GFL, Li et al., NeurIPS 2020)."""

from __future__ import annotations

import math

import torch
from torch import nn

from vtzoo.boxes import xyxy_to_cxcywh
from vtzoo.models.heads.base import Head
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes, Features, Spec


def separable(c_in: int, c_out: int, kernel: int) -> nn.Sequential:
    """Depthwise convolution, BatchNorm, 1x1 convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(c_in, c_in, kernel, padding=kernel // 2, groups=c_in, bias=False),
                         nn.BatchNorm2d(c_in), nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out),
                         nn.ReLU(inplace=True))


@HEADS.register_module()
class DenseHead(Head):
    """Every cell gives a score and a box; two towers of separable convolutions.

    Args:
        spec, size: see :class:`Head`.
        width: channels of the towers.
        depth: separable convolutions of each.
        kernel: of their depthwise part.

    Shape:
        Features.x (B, C, H, W) -> {'box': Boxes} with N = H*W, row by row.
    """

    gives = frozenset({'boxes', 'scores'})
    references = ('yan2021lighttrack', 'li2020gfl')
    small = (dict(width=16, depth=1),)
    score_description = "expected overlap of the chosen box with the target"

    def __init__(self, spec: Spec, size: int, width: int = 96, depth: int = 3, kernel: int = 3) -> None:
        super().__init__(spec, size)
        self.score_tower, self.box_tower = (
            nn.Sequential(*(separable(spec.channels if i == 0 else width, width, kernel) for i in range(depth)))
            for _ in range(2))
        self.score, self.distance = nn.Conv2d(width, 1, 1), nn.Conv2d(width, 4, 1)
        nn.init.normal_(self.score.weight, std=0.01)
        nn.init.constant_(self.score.bias, -math.log(99))
        nn.init.normal_(self.distance.weight, std=0.01)
        nn.init.constant_(self.distance.bias, math.log(3.0))
        self.to(memory_format=torch.channels_last)  # a sixth faster on a CPU

    def default_losses(self) -> list[dict]:
        """Quality of every cell, and the overlap of the boxes near the centre."""
        return [dict(type='QualityFocalLoss', weight=4.0), dict(type='CentredGIoULoss', weight=1.5)]

    def predict(self, features: Features) -> dict[str, Boxes]:
        points = self.points(*features.x.shape[-2:]).to(features.x)
        scores = self.score(self.score_tower(features.x)).flatten(1)
        distance = self.distance(self.box_tower(features.x)).flatten(2).transpose(1, 2)
        distance = distance.clamp(max=5).exp() * (self.spec.stride / self.size)
        corners = torch.cat([points - distance[..., :2], points + distance[..., 2:]], -1)
        return {'box': Boxes(xyxy_to_cxcywh(corners), scores, points)}
