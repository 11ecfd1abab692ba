"""Post-norm transformer layers of the late fusions: SparseTT's, TransT's, STARK's.

Source: videoanalyst/model/neck/neck_impl/{encoder,decoder}.py of fzh0917/SparseTT.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.attention import Attention

EPS = 1e-6


class PostNormAttention(nn.Module):
    """norm(t + attention(t, memory)): tokens read a memory, or themselves."""

    def __init__(self, dim: int, heads: int, dropout: float, topk: int | None = None) -> None:
        super().__init__()
        self.attention = Attention(dim, heads, dropout, topk)
        self.norm = nn.LayerNorm(dim, eps=EPS)

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N, C) -> k, v, each (B, heads, N, d); they can be kept while the memory stays."""
        return self.attention.keys_values(memory)

    def forward(self, t: Tensor, kv: tuple[Tensor, Tensor] | None = None, extra: int = 0) -> Tensor:
        """t (B, L, C) reads keys and values; None: its own."""
        k, v = kv or self.keys_values(t)
        return self.norm(t + self.attention(t, k, v, extra))


class FeedForward(nn.Module):
    """norm(t + w2 relu(w1 t)), dropout on the output of w2."""

    def __init__(self, dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.w1, self.w2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.norm = nn.LayerNorm(dim, eps=EPS)
        self.dropout = dropout
        for linear in (self.w1, self.w2):
            bound = 1 / math.sqrt(linear.in_features)
            nn.init.uniform_(linear.weight, -bound, bound)
            nn.init.zeros_(linear.bias)

    def forward(self, t: Tensor) -> Tensor:
        update = self.w2(F.relu(self.w1(t)))
        return self.norm(t + F.dropout(update, self.dropout, self.training))


class LearnedPosition(nn.Module):
    """A learned position for every cell: its column's in the first half of the channels, its row's in
    the second. The tables are sliced to the map, so any map up to ``size`` cells a side fits."""

    def __init__(self, dim: int, size: int) -> None:
        super().__init__()
        self.row = nn.Parameter(torch.rand(size, dim // 2))
        self.column = nn.Parameter(torch.rand(size, dim // 2))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, M, C, H, W) -> the same with positions added.

        Raises:
            ValueError: the map is larger than the table.
        """
        h, w = maps.shape[-2:]
        size = len(self.row)
        if max(h, w) > size:
            raise ValueError(f'a map of {h}x{w} cells does not fit learned positions for {size} cells a side: '
                             f'write positions={max(h, w)} in the fusion, or use smaller crops.')
        column, row = self.column[:w].expand(h, w, -1), self.row[:h, None].expand(h, w, -1)
        return maps + torch.cat([column, row], -1).permute(2, 0, 1)


class Adjuster(nn.Module):
    """1x1 convolution and BatchNorm (eps 1e-3), as SparseTT has one for templates and one for search.

    The convolution is computed as the linear map of each cell that it is: its sums then do not depend on
    the number of threads, and a near tie among top-k keys falls the same way everywhere.
    """

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, dim)
        self.bn = nn.BatchNorm2d(dim, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, dim, H, W)."""
        return self.bn(self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous())
