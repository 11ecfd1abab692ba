"""MAM, the mixed attention module of MixFormer (Cui et al., CVPR 2022, section 3.1, Figure 2).

MAM adds no parameters of its own inside CvT: it only decides which keys a query may see. So the
blocks it runs are the backbone's, or, with ``depth``, blocks of its own after any backbone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

import torch
from torch import Tensor, nn

from vtzoo.models.block import Block, drop_path_rates
from vtzoo.models.checks import require_heads
from vtzoo.models.fusions.base import Fusion, per_image
from vtzoo.registry import FUSIONS
from vtzoo.structures import Features, Memory, Spec, Tokens
from vtzoo.utils.require import require

Route = list[tuple[Callable[[Tensor], Tensor], list[Block]]]
"""Per stage: what every image passes alone, then the blocks in which images meet."""


class MixedAttention(Fusion):
    """What both forms of MAM share: the way through the blocks.

    Args:
        spec: of the backbone.
        blocks: mix in this many last blocks of the backbone; None: in all of them.
        depth: mix in this many blocks of its own, after the whole backbone and a 1x1 adjuster.
        dim, heads, drop_path: of those own blocks; heads None: dim // 64.
    """

    def __init__(self, spec: Spec, blocks: int | None = None, depth: int | None = None, dim: int = 256,
                 heads: int | None = None, drop_path: float = 0.0) -> None:
        super().__init__()
        name = type(self).__name__
        require(blocks is None or depth is None,
                f'{name} mixes in the backbone (blocks) or after it (depth), not both: write one of them.')
        require(depth is None or depth > 0, f'{name} needs at least one block of its own: write depth=4, not {depth}.')
        require(depth is not None or spec.blocks > 0,
                f'{name} cannot run inside this backbone, its blocks are closed to it: '
                f"write fusion=dict(type='{name}', depth=4) for blocks of its own after it.")
        require(blocks is None or 0 < blocks <= spec.blocks,
                f'{name} can mix in 1 to {spec.blocks} blocks of this backbone, not blocks={blocks}.')
        self.blocks = spec.blocks if blocks is None else blocks
        self.own = None
        self.spec = spec
        if depth is not None:
            heads = max(dim // 64, 1) if heads is None else heads
            require_heads(name, dim, heads)
            rates = drop_path_rates(drop_path, depth)
            self.adjust = nn.Conv2d(spec.channels, dim, 1)
            # Templates and search crops pass one BatchNorm in turn: its running statistics would fit neither.
            self.own = nn.ModuleList(Block(dim, heads, drop_path=rate, frozen_bn=True) for rate in rates)
            self.spec = Spec(dim, dim, spec.stride, token_channels=dim)
            self.references = (*self.references, 'wu2021cvt')  # whose blocks these are

    def route(self, backbone: nn.Module) -> Route:
        """The way of an image; stages in which nothing mixes join the part that it passes alone."""
        if self.own is not None:
            return [(lambda images: self.adjust(backbone(images)), list(self.own))]
        sizes = [len(stage.blocks) for stage in backbone.stages]
        first = sum(sizes) - self.blocks  # the first block that mixes, counted through all stages
        route, alone = [], []
        for stage, end, size in zip(backbone.stages, accumulate(sizes), sizes, strict=True):
            kept = min(max(first - (end - size), 0), size)
            alone.append((stage, kept))
            if kept < size:
                route.append((_in_turn(alone), list(stage.blocks[kept:])))
                alone = []
        return route


def _in_turn(stages: list[tuple[nn.Module, int]]) -> Callable[[Tensor], Tensor]:
    def alone(images: Tensor) -> Tensor:
        for stage, blocks in stages:
            images = stage(images, blocks=blocks)
        return images
    return alone


@FUSIONS.register_module()
class AsymmetricMAM(MixedAttention):
    """Templates see templates only, the search region sees everything (equation 3).

    So what the templates offer is final, and is computed once for a whole video. Arguments and
    shapes: see :class:`MixedAttention`; Features.x (B, C, Hx, Wx), .z (B, T, C, Hz, Wz), .q (B, Q, C).
    """

    references = ('cui2022mixformer',)

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        kv: list[Tensor] = []
        for alone, blocks in self.route(backbone):
            tokens = Tokens.of(per_image(alone, z))
            for block in blocks:
                q, k, v = block.project(tokens)
                tokens = block.mix(tokens, q, k, v)
                kv += k, v
            z, _ = tokens.split()
        return Memory(z, tuple(kv))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        x, kv, route = x[:, None], iter(memory.kv), self.route(backbone)
        for i, (alone, blocks) in enumerate(route):
            last = i == len(route) - 1
            tokens = Tokens.of(per_image(alone, x), q if last else None)
            for block in blocks:
                qx, kx, vx = block.project(tokens)
                tokens = block.mix(tokens, qx, _join(next(kv), kx), _join(next(kv), vx))
            x, q_out = tokens.split()
        return Features(x[:, 0], memory.z, q_out)


@FUSIONS.register_module()
class MAM(MixedAttention):
    """Symmetric: templates and search region all see one another (equation 2).

    The templates change with every search crop, so only what comes before the first mixing block is
    memorized. Arguments and shapes: see :class:`MixedAttention`.
    """

    references = ('cui2022mixformer',)

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        alone, _ = self.route(backbone)[0]
        return Memory(per_image(alone, z))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        x, z = x[:, None], memory.z
        for i, (alone, blocks) in enumerate(route := self.route(backbone)):
            last = i == len(route) - 1
            search = Tokens.of(per_image(alone, x), q if last else None)
            templates = Tokens.of(z if i == 0 else per_image(alone, z))
            for block in blocks:
                search, templates = self._mix(block, search, templates)
            (x, q_out), (z, _) = search.split(), templates.split()
        return Features(x[:, 0], z, q_out)

    @staticmethod
    def _mix(block: Block, *streams: Tokens) -> Iterator[Tokens]:
        q, k, v = zip(*(block.project(tokens) for tokens in streams), strict=True)
        k, v = _join(*k), _join(*v)
        return (block.mix(tokens, own, k, v) for tokens, own in zip(streams, q, strict=True))


def _join(*keys: Tensor) -> Tensor:
    """Keys or values of several streams (B, heads, N, d), one after the other; templates come first."""
    return torch.cat(keys, 2)
