"""SPM: the score prediction module, which says whether a chosen box holds the target.

Source: MixFormer, section 3.3 (Figure 4); released file lib/models/mixformer_cvt/score_decoder.py.
"""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from vtzoo.boxes import cxcywh_to_xyxy
from vtzoo.models.attention import attend, heads_apart, heads_together, require_heads
from vtzoo.models.heads.base import without_autocast
from vtzoo.models.heads.query_head import mlp
from vtzoo.models.roi import precise_roi_pool
from vtzoo.registry import CONFIDENCES
from vtzoo.structures import Features, Spec


class ScoreAttention(nn.Module):
    """The score token reads a memory: attention, projection, LayerNorm; no residual, no feed-forward."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, dim ** -0.5
        self.q, self.k, self.v, self.out = (nn.Linear(dim, dim) for _ in range(4))
        self.norm = nn.LayerNorm(dim)

    def forward(self, token: Tensor, memory: Tensor) -> Tensor:
        """token (B, 1, C), memory (B, N, C) -> (B, 1, C)."""
        q, k, v = (heads_apart(f(t), self.heads)
                   for f, t in ((self.q, token), (self.k, memory), (self.v, memory)))
        return self.norm(self.out(heads_together(attend(q, k, v, self.scale))))


class BoxPool(nn.Module):
    """The chosen box as a small map.

    Args:
        bins: a side.
    """

    stream = 'box'  # what pictures of attention call it

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, x: Tensor, box: Tensor) -> Tensor:
        """(B, C, H, W), box (B, 4) cx cy w h 0..1 -> (B, C, bins, bins)."""
        return precise_roi_pool(x, cxcywh_to_xyxy(box) * x.shape[-1], self.bins)


@CONFIDENCES.register_module()
class SPM(BaseModule):
    """A score token reads the pooled box of the search map, then the first template.

    Args:
        spec: of the fusion.
        dim: channels; None: the template maps'. Maps of another width pass a 1x1 adapter.
        heads: None: dim // 64.
        pool: bins a side of the pooled box.

    Shape:
        Features, box (B, 4) cx cy w h 0..1 -> (B,) logits. Training pools at the truth, tracking at the
        prediction.
    """

    references = ('cui2022mixformer', 'jiang2018iounet')
    score_description = 'probability that the box holds the target'
    lost_threshold = 0.5

    def __init__(self, spec: Spec, dim: int | None = None, heads: int | None = None, pool: int = 4) -> None:
        super().__init__()
        dim = dim or spec.z_channels
        heads = max(dim // 64, 1) if heads is None else heads
        require_heads('SPM', dim, heads)
        self.pooled = BoxPool(pool)
        self.adapt_x = nn.Conv2d(spec.channels, dim, 1) if spec.channels != dim else nn.Identity()
        self.adapt_z = nn.Conv2d(spec.z_channels, dim, 1) if spec.z_channels != dim else nn.Identity()
        self.token = nn.Parameter(torch.zeros(1, 1, dim))
        nn.init.trunc_normal_(self.token, std=0.02)
        self.norm = nn.LayerNorm(dim)
        self.read_search, self.read_template = ScoreAttention(dim, heads), ScoreAttention(dim, heads)
        self.mlp = mlp(dim, 1)

    def forward(self, features: Features, box: Tensor) -> Tensor:
        with without_autocast(box.device):
            x, z = self.adapt_x(features.x.float()), self.adapt_z(features.z[:, 0].float())
            pooled = self.pooled(x, box.float())
            token = self.norm(self.token).expand(len(box), -1, -1)
            token = self.read_search(token, pooled.flatten(2).transpose(1, 2))
            token = self.read_template(token, z.flatten(2).transpose(1, 2))
            return self.mlp(token).flatten()
