"""Corner head: two probability maps, one corner each, read by soft-argmax.

Source: STARK (Yan et al., ICCV 2021, section 3.1); MixFormer, section 3.2; released file
lib/models/mixformer_cvt/head.py (Corner_Predictor and Pyramid_Corner_Predictor).
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.boxes import xyxy_to_cxcywh
from vtzoo.models.heads.base import Head
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes, Features, Spec
from vtzoo.utils.require import require


def conv_bn_relu(c_in: int, c_out: int) -> nn.Sequential:
    """3x3 convolution with a bias (as released, though BatchNorm follows), BatchNorm, ReLU."""
    return nn.Sequential(OrderedDict(
        conv=nn.Conv2d(c_in, c_out, 3, padding=1), bn=nn.BatchNorm2d(c_out), relu=nn.ReLU()))


class CornerTower(nn.Module):
    """Four 3x3 convolutions that halve the width, then ``out`` values a cell. (B, C, H, W) -> (B, out, H, W)."""

    def __init__(self, c_in: int, width: int, out: int = 1) -> None:
        super().__init__()
        widths = (c_in, width, width // 2, width // 4, width // 8)
        self.convs = nn.ModuleList(conv_bn_relu(a, b) for a, b in pairwise(widths))
        self.score = nn.Conv2d(widths[-1], out, 1)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = conv(x)
        return self.score(x)


class PyramidCornerTower(CornerTower):
    """The same at four times the resolution: upsampled twice, with the input and scores added at each step."""

    def __init__(self, c_in: int, width: int) -> None:
        super().__init__(c_in, width)
        half, quarter, eighth = width // 2, width // 4, width // 8
        self.lateral = nn.ModuleList([conv_bn_relu(c_in, half), conv_bn_relu(c_in, quarter)])
        self.side = nn.ModuleList([
            nn.Sequential(conv_bn_relu(half, quarter), conv_bn_relu(quarter, eighth), conv_bn_relu(eighth, 1)),
            nn.Sequential(conv_bn_relu(quarter, eighth), conv_bn_relu(eighth, 1))])

    def forward(self, x: Tensor) -> Tensor:
        def up(maps: Tensor, factor: int = 2) -> Tensor:
            return F.interpolate(maps, scale_factor=factor)

        x2 = self.convs[1](self.convs[0](x))
        x3 = self.convs[2](up(self.lateral[0](x)) + up(x2))
        x4 = self.convs[3](up(self.lateral[1](x), 4) + up(x3))
        return self.score(x4) + up(self.side[0](x2), 4) + up(self.side[1](x3))


@HEADS.register_module()
class CornerHead(Head):
    """Fully convolutional head that finds the top-left and the bottom-right corner.

    Args:
        spec, size: see :class:`Head`.
        channels: width of the first convolution.
        pyramid: predict on maps of four times the resolution (CORNER_UP of MixViT).

    Shape:
        Features.x (B, C, H, W) -> {'box': Boxes} with boxes (B, 1, 4).
    """

    gives = frozenset({'boxes', 'confidence'})
    references = ('yan2021stark',)
    small = (dict(channels=8),)
    score_description = ('how concentrated the two corner distributions are: their mass within 1/20 of the crop of the '
                         'corner')
    lost_threshold = 0.3

    def __init__(self, spec: Spec, size: int, channels: int = 384, pyramid: bool = False) -> None:
        super().__init__(spec, size)
        require(channels >= 8, f'CornerHead halves its width three times: write channels of 8 or more, not {channels}.')
        if pyramid:
            self.references = (*self.references, 'cui2024mixformer')
        tower = PyramidCornerTower if pyramid else CornerTower
        self.top_left, self.bottom_right = tower(spec.channels, channels), tower(spec.channels, channels)

    def probabilities(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 2, H', W'), top-left then bottom-right, each summing to 1."""
        maps = torch.cat([self.top_left(x), self.bottom_right(x)], 1)
        return maps.flatten(2).softmax(-1).view_as(maps)

    def maps(self, features: Features) -> dict[str, Tensor]:
        top_left, bottom_right = self.probabilities(features.x).unbind(1)
        return {'top left corner': top_left, 'bottom right corner': bottom_right}

    def predict(self, features: Features) -> dict[str, Boxes]:
        p = self.probabilities(features.x)
        corners = self.soft_argmax(p)
        box = xyxy_to_cxcywh(corners.flatten(1))[:, None]
        return {'box': Boxes(box, confidence=self.concentration(p, corners))}

    @staticmethod
    def soft_argmax(p: Tensor) -> Tensor:
        """(B, M, H, W) -> (B, M, 2) mean x y, 0..1. A cell stands for its top-left edge, as released:
        the largest coordinate is (n - 1) / n."""
        h, w = p.shape[-2:]
        x = (p.sum(-2) * torch.arange(w, device=p.device)).sum(-1) / w
        y = (p.sum(-1) * torch.arange(h, device=p.device)).sum(-1) / h
        return torch.stack([x, y], -1)

    @staticmethod
    def concentration(p: Tensor, corners: Tensor) -> Tensor:
        """(B, 1) geometric mean, over the two corners, of the probability within 1/20 of the crop."""
        h, w = p.shape[-2:]
        x, y = torch.arange(w, device=p.device) / w, torch.arange(h, device=p.device) / h
        near_x = (x - corners[..., 0, None]).abs() <= 0.05 + 1e-6
        near_y = (y - corners[..., 1, None]).abs() <= 0.05 + 1e-6
        mass = (p.detach() * near_x[..., None, :] * near_y[..., None]).sum((-1, -2))
        return mass.prod(1, keepdim=True).sqrt()
