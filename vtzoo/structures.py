"""What the parts hand to one another.

One alphabet everywhere: B batch, T templates, C channels, H W cells of a map, N boxes or
tokens, Q free (query) tokens, M maps in a token sequence. Boxes inside a crop are
``cx cy w h`` in fractions of the crop's side; boxes in an image are ``x y w h`` in pixels.

Three words for how good a box is: a *score* (``Boxes.scores``) is a logit that a loss trains; a *confidence*
(``Boxes.confidence``) is a number in 0..1 that belongs to a candidate; ``Result.score`` is the confidence of the box
that was chosen, from the confidence module where there is one. What it means is said by ``score_description``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor

from vtzoo.boxes import cxcywh_to_xyxy

EDGE = 3e-6
"""A cell centre this close to a box's edge lies on the edge, not inside (about 1/1000 pixel):
boxes in fractions of a crop cannot place an edge on a cell more exactly in float32."""


@dataclass(frozen=True)
class Spec:
    """A part's promise to the next one, known before any tensor exists.

    Args:
        channels: of the search map.
        z_channels: of the template maps.
        stride: pixels of the crop per cell.
        token_channels: of query tokens; 0 where none can pass.
        blocks: how many blocks mixed attention may run inside this backbone; 0: closed.
        subsets: these blocks run on any subset of a map's tokens, so tokens may leave between them.
    """

    channels: int
    z_channels: int
    stride: int
    token_channels: int = 0
    blocks: int = 0
    subsets: bool = False


class Features(NamedTuple):
    """What a fusion gives to the head.

    x (B, C, Hx, Wx): search map. z (B, T, Cz, Hz, Wz): template maps. q (B, Q, D): query tokens.
    kept: of each stage of candidate elimination, (B, N) the cells of the search map, counted row by row,
    that stayed, best first; x is zero at all others.
    """

    x: Tensor
    z: Tensor
    q: Tensor | None = None
    kept: tuple[Tensor, ...] = ()


class Memory(NamedTuple):
    """The templates, as far as they alone determine anything. Tensors only: it moves and slices.

    z (B, T, Cz, Hz, Wz): template maps. kv: k, v, k, v, ... each (B, heads, N, d), one pair for
    each block that will read it. asking (B, T*Hz*Wz) bool: the template cells whose attention ranks
    search tokens in candidate elimination; None: those that the config names.
    """

    z: Tensor
    kv: tuple[Tensor, ...] = ()
    asking: Tensor | None = None


class Target(NamedTuple):
    """The truth of a search crop. box (B, 4) cx cy w h, 0..1; positive (B,) bool: it is in the crop."""

    box: Tensor
    positive: Tensor


class Boxes(NamedTuple):
    """What one branch of a head predicts.

    boxes (B, N, 4): cx cy w h in the search crop, 0..1; N = 1 or Hx*Wx.
    scores (B, N): logits, which losses train, or None where the branch predicts no score.
    points (N, 2): cell centres x y, 0..1; None: the one box answers for the target.
    confidence (B, N): 0..1, how sure the head is of each box; no loss trains it. None: the sigmoid of the scores
    where there are any, else the head cannot say.
    peak: only the box at the highest score is trained (CenterHead).
    """

    boxes: Tensor
    scores: Tensor | None = None
    points: Tensor | None = None
    confidence: Tensor | None = None
    peak: bool = False

    def trained(self, target: Target) -> Tensor:
        """(B, N) bool: whose boxes a loss judges."""
        if not self.peak or self.scores is None:
            return self.labels(target) == 1
        highest = self.scores.detach().argmax(1, keepdim=True)
        return torch.zeros_like(self.scores, dtype=torch.bool).scatter(1, highest, target.positive[:, None])

    def labels(self, target: Target) -> Tensor:
        """(B, N) 1 positive, 0 negative, -1 ignored (SparseTT's assignment).

        A cell is positive when its centre lies strictly inside the target's box. In a negative pair
        the cells inside the box are negatives, all others are ignored (they may show anything).
        """
        if self.points is None:
            return target.positive[:, None].expand(-1, self.boxes.shape[1]).long()
        x1, y1, x2, y2 = cxcywh_to_xyxy(target.box)[:, None].unbind(-1)
        x, y = self.points.unbind(-1)
        inside = torch.stack([x - x1, y - y1, x2 - x, y2 - y], -1).amin(-1) > EDGE
        return torch.where(target.positive[:, None], inside.long(), inside.long() - 1)

    def at(self, index: Tensor) -> Boxes:
        """The box chosen by ``index`` (B,) of each sample: N becomes 1."""
        rows = torch.arange(len(index), device=index.device)

        def pick(values: Tensor | None) -> Tensor | None:
            return None if values is None else values[rows, index][:, None]

        return Boxes(self.boxes[rows, index][:, None], pick(self.scores), None, pick(self.confidence))


@dataclass(frozen=True)
class Tokens:
    """A token sequence that remembers its maps: M maps of H x W cells, then Q free tokens.

    t (B, M*H*W + Q, C); grid (M, H, W). kept (B, N): the cells that are left, where some have gone (then t
    is (B, N + Q, C), in this order); None: all are there.
    """

    t: Tensor
    grid: tuple[int, int, int]
    kept: Tensor | None = None

    @classmethod
    def of(cls, maps: Tensor, free: Tensor | None = None) -> Tokens:
        """maps (B, M, C, H, W) and free (B, Q, C) -> Tokens."""
        _, m, _, h, w = maps.shape
        t = rearrange(maps, 'b m c h w -> b (m h w) c')
        return cls(t if free is None else torch.cat([t, free.to(t.dtype)], 1), (m, h, w))

    @property
    def cells(self) -> int:
        """How many tokens belong to maps."""
        m, h, w = self.grid
        return m * h * w if self.kept is None else self.kept.shape[1]

    def replace(self, t: Tensor) -> Tokens:
        """The same maps with other contents."""
        return replace(self, t=t)

    def keep(self, places: Tensor) -> Tokens:
        """Only these of the cells that are there, (B, N) places in the sequence, and the free tokens."""
        cells = self.kept
        if cells is None:
            cells = torch.arange(self.cells, device=self.t.device).expand(len(self.t), -1)
        t = self.t.gather(1, places[..., None].expand(-1, -1, self.t.shape[2]))
        return Tokens(torch.cat([t, self.t[:, self.cells:]], 1), self.grid, cells.gather(1, places))

    def images(self) -> Tensor:
        """(B*M, C, H, W) the maps as images, zero where a cell has gone; channels last in memory, so that
        whole maps are not copied."""
        m, h, w = self.grid
        b, _, c = self.t.shape
        cells = self.t[:, :self.cells]
        if self.kept is not None:
            cells = cells.new_zeros(b, m * h * w, c).scatter(1, self.kept[..., None].expand(-1, -1, c), cells)
        return cells.reshape(b * m, h, w, c).permute(0, 3, 1, 2)  # einops' view of one image is not channels last

    def free(self) -> Tensor | None:
        """(B, Q, C) the free tokens, None where there are none."""
        return self.t[:, self.cells:] if self.t.shape[1] > self.cells else None

    def split(self) -> tuple[Tensor, Tensor | None]:
        """-> maps (B, M, C, H, W), free (B, Q, C) or None."""
        images = self.images()
        return images.unflatten(0, (-1, self.grid[0])), self.free()
