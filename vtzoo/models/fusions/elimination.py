"""Candidate elimination (OSTrack, Ye et al., ECCV 2022, section 3.3; released files
lib/models/layers/attn_blocks.py and lib/utils/ce_utils.py).

After some blocks the search tokens that the target hardly looks at leave; before the head they come back as
zeros. How many stay falls during training, from all to the share that tracking uses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.attention import attention_weights
from vtzoo.structures import Tokens
from vtzoo.utils.require import require, require_known

RANGES = ('CTR_POINT', 'CTR_REC', 'ALL')
"""Which template cells rank the search tokens: the central one, the central 2 x 2 (of an odd map one), all."""

ARGUMENTS = ('blocks', 'keep', 'template_range', 'start_epoch', 'warm_epochs')


class Elimination:
    """Which search tokens leave after which blocks.

    Args:
        blocks: after the attention of these blocks, counted from 0.
        keep: share of the tokens that stays, each time; a number, or one for each of the blocks.
        template_range: whose attention ranks them: 'CTR_POINT', 'CTR_REC' or 'ALL'. ``Memory.asking`` goes
            before it: OSTrack's GT_BOX is ``memory._replace(asking=box_cells(...))``.
        start_epoch, warm_epochs: in training all stay before epoch ``start_epoch``, counted from 1; then the
            share falls along a cosine for ``warm_epochs``.
    """

    def __init__(self, blocks: Sequence[int] = (3, 6, 9), keep: float | Sequence[float] = 0.7,
                 template_range: str = 'CTR_POINT', start_epoch: int = 20, warm_epochs: int = 80) -> None:
        self.blocks = tuple(blocks)
        require(self.blocks and all(isinstance(block, int) for block in self.blocks)
                and len(set(self.blocks)) == len(self.blocks),
                f'elimination needs the numbers of different blocks: write blocks=[3, 6, 9], not {list(self.blocks)}.')
        shares = [keep] * len(self.blocks) if isinstance(keep, int | float) else list(keep)
        require(len(shares) == len(self.blocks),
                f'elimination needs one share to keep, or one for each of its {len(self.blocks)} blocks, not '
                f'keep={shares}.')
        require(all(0 < share <= 1 for share in shares),
                f'keep is a share above 0 and up to 1, such as 0.7, not {keep}.')
        require(template_range in RANGES,
                f'elimination has no template_range {template_range!r}: write one of {", ".join(RANGES)}.')
        require(start_epoch >= 0 and warm_epochs >= 0, 'start_epoch and warm_epochs are numbers of epochs, 0 or more.')
        self.keep = dict(zip(self.blocks, shares, strict=True))
        self.template_range, self.start_epoch, self.warm_epochs = template_range, start_epoch, warm_epochs
        self.epoch: int | None = None

    def start(self, epoch: int | None) -> None:
        """Follow the schedule of training, in this epoch, counted from 1; None: keep the shares of tracking."""
        self.epoch = epoch

    def share(self, block: int) -> float:
        """What stays after a block now: 1 after all others. In training it is one share for all, as released."""
        if block not in self.keep:
            return 1.0
        if self.epoch is None:
            return self.keep[block]
        return keep_rate(self.epoch, self.start_epoch, self.warm_epochs, self.keep[self.blocks[0]])

    @torch.no_grad()
    def stay(self, number: int, block: nn.Module, q: Tensor, k: Tensor, search: Tokens, templates: Tokens,
             asking: Tensor | None = None) -> Tensor:
        """Which search cells stay after a block's attention.

        Args:
            number, block: the block.
            q: (B, heads, T*Hz*Wz, d) queries of the templates.
            k: (B, heads, N, d) all keys, those of the search tokens first.
            search, templates: what they belong to.
            asking: (B, T*Hz*Wz) bool, see :class:`~vtzoo.structures.Memory`.

        Returns:
            (B, ceil(share * cells)) places in the search sequence, best first.
        """
        if asking is None:
            asking = torch.tensor(central_cells(templates.grid, self.template_range), device=q.device)
        ranks = looked_at(q, k, asking, block.scale)[:, :search.cells]
        count = math.ceil(self.share(number) * search.cells)
        return ranks.sort(dim=1, descending=True, stable=True).indices[:, :count]


def looked_at(q: Tensor, k: Tensor, asks: Tensor, scale: float | None = None) -> Tensor:
    """How much the asking queries look at each key: (B, N), the mean of their attention over them, then over heads.

    Args:
        q: (B, heads, L, d). k: (B, heads, N, d).
        asks: numbers of the asking queries; or (B, L) bool, and where none of a sample asks, all do.
        scale: of the logits; None: d ** -0.5.
    """
    if asks.dtype != torch.bool:
        return attention_weights(q[:, :, asks], k, scale).mean(2).mean(1)
    asks = (asks | ~asks.any(1, keepdim=True)).to(q.dtype)
    return torch.einsum('bhqk,bq->bhk', attention_weights(q, k, scale), asks / asks.sum(1, keepdim=True)).mean(1)


def build_elimination(arguments: Mapping[str, Any]) -> Elimination:
    """From a config's dict; ValueError for an unknown argument."""
    require_known('elimination', arguments, ARGUMENTS)
    return Elimination(**arguments)


def keep_rate(epoch: int, start: int, warm: int, keep: float) -> float:
    """The share that stays in an epoch of training, counted from 1 (released: adjust_keep_rate)."""
    if epoch < start:
        return 1.0
    if epoch >= start + warm:
        return keep
    return keep + (1 - keep) * 0.5 * (1 + math.cos(math.pi * (epoch - start) / warm))


def central_cells(grid: tuple[int, int, int], template_range: str) -> list[int]:
    """Numbers of the asking cells of T template maps, row by row.

    The centre of an even map is the cell left of it and above, as released: (3, 3) of 8 x 8.
    """
    t, h, w = grid
    if template_range == 'ALL':
        return list(range(t * h * w))
    further = template_range == 'CTR_REC'

    def middle(n: int) -> range:
        return range((n - 1) // 2, n // 2 + 1 if further else (n - 1) // 2 + 1)

    return [(m * h + row) * w + column for m in range(t) for row in middle(h) for column in middle(w)]


def box_cells(boxes: Tensor, size: int, stride: int = 16) -> Tensor:
    """OSTrack's GT_BOX: the template cells that a box touches, as released.

    Args:
        boxes: (B, 4) x y w h, 0..1 of the template crop. Corners are cut to whole pixels, and the right and
            bottom end one pixel early.
        size: side of the template crop in pixels.
        stride: pixels a cell.

    Returns:
        (B, cells) bool, all False for a box of hardly a pixel or one that begins left of or above the crop.
    """
    masks = torch.zeros(len(boxes), 1, size, size)
    for mask, (x, y, w, h) in zip(masks, (boxes * size).tolist(), strict=True):
        mask[0, int(y):int(y + h - 1), int(x):int(x + w - 1)] = 1
    return F.interpolate(masks, scale_factor=1 / stride, mode='bilinear', align_corners=False).flatten(1).bool()
