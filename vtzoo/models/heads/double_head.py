"""Double head: a fully connected and a convolutional branch, each scoring and boxing every cell.

Source: SparseTT, section 3.4 (after Wu et al., CVPR 2020); released file
videoanalyst/model/task_head/taskhead_impl/double_conv_fc_bbox_head.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.boxes import TINY, xyxy_to_cxcywh
from vtzoo.models.heads.base import Head
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes, Features, Spec
from vtzoo.utils.require import require


def conv_bn(c_in: int, c_out: int, kernel: int = 1, relu: bool = False) -> ConvModule:
    """Convolution without bias and BatchNorm, with ReLU on request."""
    return ConvModule(c_in, c_out, kernel, padding=kernel // 2, norm_cfg=dict(type='BN'),
                      act_cfg=dict(type='ReLU') if relu else None)


class Residual(nn.Module):
    """relu(body(x) + identity(x))."""

    def __init__(self, body: nn.Module, identity: nn.Module) -> None:
        super().__init__()
        self.body, self.identity = body, identity

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.identity(x))


class Branch(nn.Module):
    """A body, a score and four distances per cell; exp(scale * d + shift) is in strides."""

    def __init__(self, body: nn.Module, width: int) -> None:
        super().__init__()
        self.body = body
        self.score, self.distance = conv_bn(width, 1), conv_bn(width, 4)
        self.scale, self.shift = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """-> scores (B, H*W) logits, distances (B, H*W, 4) left, top, right, bottom, in strides."""
        x = self.body(x)
        distance = (self.scale * self.distance(x) + self.shift).exp()
        return self.score(x).flatten(1), distance.flatten(2).transpose(1, 2)


@HEADS.register_module()
class DoubleHead(Head):
    """fc and conv branch; tracking scores with s_fc + s_conv (1 - s_fc) and takes the conv branch's boxes.

    Args:
        spec, size: see :class:`Head`.
        width: channels inside both branches.
        convs: bottlenecks after the conv branch's residual block.
        branches: ('fc', 'conv'), or one of them alone.

    Shape:
        Features.x (B, C, H, W) -> {'fc': Boxes, 'conv': Boxes} with N = H*W, row by row.
    """

    gives = frozenset({'boxes', 'scores'})
    references = ('fu2022sparsett', 'wu2020doublehead')
    small = (dict(width=16, convs=1),)
    score_description = "probability that the chosen cell lies on the target, both branches fused"
    lost_threshold = 0.3

    def __init__(self, spec: Spec, size: int, width: int = 1024, convs: int = 7,
                 branches: Sequence[str] = ('fc', 'conv')) -> None:
        super().__init__(spec, size)
        self.branches = tuple(branches)
        require(self.branches in (('fc', 'conv'), ('fc',), ('conv',)),
               f"DoubleHead has the branches ('fc', 'conv'), ('fc',) or ('conv',), not {self.branches}.")
        bodies = dict(fc=lambda: self._fc(spec.channels, width), conv=lambda: self._conv(spec.channels, width, convs))
        for name in self.branches:
            setattr(self, name, Branch(bodies[name](), width))

    @staticmethod
    def _fc(c_in: int, width: int) -> nn.Sequential:
        body = nn.Sequential(nn.Conv2d(c_in, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU())
        for module in body[::2]:
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        return body

    @staticmethod
    def _conv(c_in: int, width: int, convs: int) -> nn.Sequential:
        first = Residual(nn.Sequential(conv_bn(c_in, c_in, 3, relu=True), conv_bn(c_in, width)), conv_bn(c_in, width))
        mid = width // 4
        body = nn.Sequential(first, *(
            Residual(nn.Sequential(conv_bn(width, mid, relu=True), conv_bn(mid, mid, 3, relu=True),
                                   conv_bn(mid, width)), nn.Identity()) for _ in range(convs)))
        for module in body.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
        return body

    def default_losses(self) -> list[dict]:
        """SparseTT's: w_fc 2.0 split 0.7 : 0.3, w_conv 2.5 split 0.2 : 0.8 between score and box."""
        def weight(**each: float) -> dict[str, float]:
            return {name: each[name] for name in self.branches}

        return [dict(type='FocalLoss', alpha=0.75, gamma=2.0, weight=weight(fc=1.4, conv=0.5)),
                dict(type='IoULoss', pixels=self.size, weight=weight(fc=0.6, conv=2.0))]

    def predict(self, features: Features) -> dict[str, Boxes]:
        points = self.points(*features.x.shape[-2:]).to(features.x)
        out = {}
        for name in self.branches:
            scores, distance = getattr(self, name)(features.x)
            distance = distance * (self.spec.stride / self.size)
            corners = torch.cat([points - distance[..., :2], points + distance[..., 2:]], -1)
            out[name] = Boxes(xyxy_to_cxcywh(corners), scores, points)
        return out

    def merge(self, branches: dict[str, Boxes]) -> Boxes:
        """1 - (1 - s_fc)(1 - s_conv), as logits; boxes of the conv branch where there is one."""
        last = branches[self.branches[-1]]
        s = sum(F.softplus(branches[name].scores) for name in self.branches).clamp_min(TINY)
        logits = s + torch.log(-torch.expm1(-s))
        return last._replace(scores=logits)
