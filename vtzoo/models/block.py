"""CvT's block, split where mixed attention has to reach in: project, then mix.

Source: MixFormer, section 3.1 (Figure 2) and lib/models/mixformer_cvt/mixformer_online.py;
CvT, section 3.2 (convolutional projection).
"""

from __future__ import annotations

from typing import Any

import torch
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.attention import attend, heads_apart, heads_together
from vtzoo.structures import Tokens


def drop_path_rates(last: float, n: int) -> list[float]:
    """Rates of n blocks, rising evenly from 0 to ``last``."""
    return [last * i / max(n - 1, 1) for i in range(n)]


class FrozenBatchNorm2d(nn.Module):
    """BatchNorm with fixed statistics, scale and shift: buffers under BatchNorm's names, nothing that trains."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (('weight', 1.0), ('bias', 0.0), ('running_mean', 0.0), ('running_var', 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same, normalised."""
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale[:, None, None] + shift[:, None, None]

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        state.pop(f'{prefix}num_batches_tracked', None)  # of a BatchNorm that was trained
        super()._load_from_state_dict(state, prefix, *rest)


class ConvProjection(nn.Module):
    """Depthwise 3x3 convolution and BatchNorm on each map, then a linear projection of every token.

    Free tokens have no neighbours: they skip the convolution.
    """

    def __init__(self, dim: int, stride: int, frozen_bn: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, 3, stride, 1, groups=dim, bias=False)
        self.bn = FrozenBatchNorm2d(dim) if frozen_bn else nn.BatchNorm2d(dim)
        self.linear = nn.Linear(dim, dim)

    def forward(self, tokens: Tokens) -> Tensor:
        """-> (B, M*ceil(H/stride)*ceil(W/stride) + Q, C)."""
        maps = Tokens.of(self.convolve(tokens.images()).unflatten(0, (-1, tokens.grid[0])), tokens.free())
        return self.linear(maps.t)

    def convolve(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W'). A frozen BatchNorm is a fixed scale and shift: part of the kernel."""
        if not isinstance(self.bn, FrozenBatchNorm2d):
            return self.bn(self.conv(images))
        scale = self.bn.weight * (self.bn.running_var + self.bn.eps).rsqrt()
        shift = self.bn.bias - self.bn.running_mean * scale
        return F.conv2d(images, self.conv.weight * scale[:, None, None, None], shift,
                        self.conv.stride, self.conv.padding, groups=self.conv.groups)


class ScaledLinear(nn.Linear):
    """scale (W x) + bias_scale b: a linear layer with a factor, which its matrix product applies at no cost."""

    def __init__(self, inputs: int, outputs: int, scale: float, bias_scale: float = 1.0) -> None:
        super().__init__(inputs, outputs)
        self.scale, self.bias_scale = scale, bias_scale

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) -> (..., outputs)."""
        bias = self.bias if self.bias_scale == 1 else self.bias * self.bias_scale
        return torch.addmm(bias, x.flatten(0, -2), self.weight.t(), alpha=self.scale).unflatten(0, x.shape[:-1])


class Mlp(nn.Sequential):
    """Two linear layers with CvT's QuickGELU between.

    QuickGELU is x sigmoid(1.702 x) = SiLU(1.702 x) / 1.702: the layer before it multiplies by 1.702, the layer after it
    divides, and no pass over the hidden values is spent on that.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__(ScaledLinear(dim, hidden, 1.702, 1.702), nn.SiLU(), ScaledLinear(hidden, dim, 1 / 1.702))


class Block(nn.Module):
    """Pre-norm transformer block with convolutional projections; keys and values at stride 2.

    Args:
        dim: channels.
        heads: attention heads; divides dim.
        mlp_ratio: hidden width of the MLP over dim.
        drop_path: probability of skipping a branch for a sample.
        frozen_bn: BatchNorm with fixed statistics, scale and shift.
        scaled_init: linear weights start at a deviation of 1 / sqrt(inputs), not at CvT's 0.02 for every
            width, which leaves a narrow block close to the identity.
    """

    def __init__(self, dim: int, heads: int, mlp_ratio: float = 4.0, drop_path: float = 0.0,
                 frozen_bn: bool = False, scaled_init: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.scale = dim ** -0.5  # the full width, not the head's: as CvT and MixFormer are trained
        self.norm1 = nn.LayerNorm(dim)
        self.q = ConvProjection(dim, 1, frozen_bn)
        self.k = ConvProjection(dim, 2, frozen_bn)
        self.v = ConvProjection(dim, 2, frozen_bn)
        self.out = nn.Linear(dim, dim)
        self.drop_path = DropPath(drop_path) if drop_path else nn.Identity()
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=module.in_features ** -0.5 if scaled_init else 0.02)
                nn.init.zeros_(module.bias)

    def project(self, tokens: Tokens) -> tuple[Tensor, Tensor, Tensor]:
        """-> q (B, heads, L, d), k, v (B, heads, N, d)."""
        t = tokens.replace(self.norm1(tokens.t))
        return tuple(heads_apart(projection(t), self.heads) for projection in (self.q, self.k, self.v))

    def mix(self, tokens: Tokens, q: Tensor, k: Tensor, v: Tensor) -> Tokens:
        """The tokens after their queries have read the given keys and values."""
        t = tokens.t
        t = t + self.drop_path(self.out(heads_together(attend(q, k, v, self.scale))))
        return tokens.replace(t + self.drop_path(self.mlp(self.norm2(t))))

    def forward(self, tokens: Tokens) -> Tokens:
        """Self-attention: every token reads its own sequence."""
        return self.mix(tokens, *self.project(tokens))
