"""MAM, the mixed attention module of MixFormer (Cui et al., CVPR 2022, section 3.1, Figure 2).

MAM adds no parameters of its own inside CvT: it only decides which keys a query may see. So the
blocks it runs are the backbone's, or, with ``depth``, blocks of its own after any backbone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vtzoo.models.attention import require_heads
from vtzoo.models.block import Block, drop_path_rates
from vtzoo.models.fusions.base import Fusion, per_image
from vtzoo.models.fusions.elimination import Elimination, build_elimination
from vtzoo.registry import FUSIONS
from vtzoo.structures import Features, Memory, Spec, Tokens
from vtzoo.utils.require import require


class Leg(NamedTuple):
    """A stage's part of the way: what every image passes alone, the blocks in which images meet, what follows them.

    first: number of the first of these blocks, counted through the backbone.
    """

    alone: Callable[[Tensor], Tensor]
    blocks: list[Block]
    finish: Callable[[Tokens], Tokens]
    first: int


class MixedAttention(Fusion):
    """What both forms of MAM share: the way through the blocks.

    Args:
        spec: of the backbone.
        blocks: mix in this many last blocks of the backbone; None: in all of them.
        depth: mix in this many blocks of its own, after the whole backbone and a 1x1 adjuster.
        dim, heads, drop_path: of those own blocks; heads None: dim // 64.
        elimination: arguments of :class:`~vtzoo.models.fusions.elimination.Elimination`: search tokens that
            the templates hardly look at leave after some blocks; None: none leaves. MAM only.
    """

    words = MappingProxyType(dict(own='mixing block'))

    def __init__(self, spec: Spec, blocks: int | None = None, depth: int | None = None, dim: int = 256,
                 heads: int | None = None, drop_path: float = 0.0,
                 elimination: Mapping[str, Any] | None = None) -> None:
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
        self.first = spec.blocks - self.blocks  # the first block that mixes, counted through all stages
        self.own = None
        self.spec = spec
        self.elimination = None if elimination is None else self._eliminating(elimination, spec, depth is not None)
        if depth is not None:
            heads = max(dim // 64, 1) if heads is None else heads
            require_heads(name, dim, heads)
            rates = drop_path_rates(drop_path, depth)
            self.adjust = nn.Conv2d(spec.channels, dim, 1)
            # Templates and search crops pass one BatchNorm in turn: its running statistics would fit neither.
            self.own = nn.ModuleList(Block(dim, heads, drop_path=rate, frozen_bn=True) for rate in rates)
            self.spec = Spec(dim, dim, spec.stride, token_channels=dim)
            self.references = (*self.references, 'wu2021cvt')  # whose blocks these are

    def _eliminating(self, arguments: Mapping[str, Any], spec: Spec, after: bool) -> Elimination:
        """Candidate elimination, where it can work."""
        name = type(self).__name__
        require(isinstance(self, MAM),
                f'candidate elimination ranks search tokens by how templates look at them, and in {name} templates '
                "never look at the search region: write type='MAM', or leave elimination out.")
        require(not after and spec.subsets,
                'candidate elimination leaves holes in the search map, and the blocks mixed here convolve whole maps: '
                "mix inside backbone=dict(type='ViT'), or leave elimination out.")
        elimination = build_elimination(arguments)
        require(all(self.first <= block < spec.blocks for block in elimination.blocks),
                f'{name} mixes in the blocks {self.first} to {spec.blocks - 1}, counted from 0, and tokens can leave '
                f'only there: write elimination blocks among these, not {", ".join(map(str, elimination.blocks))}.')
        self.references = (*self.references, 'ye2022ostrack')
        return elimination

    def route(self, backbone: nn.Module) -> list[Leg]:
        """The way of an image; stages in which nothing mixes join the part that it passes alone."""
        if self.own is not None:
            return [Leg(lambda images: self.adjust(backbone(images)), list(self.own), lambda tokens: tokens, 0)]
        sizes = [len(stage.blocks) for stage in backbone.stages]
        route, alone = [], []
        for stage, end, size in zip(backbone.stages, accumulate(sizes), sizes, strict=True):
            kept = min(max(self.first - (end - size), 0), size)
            alone.append((stage, kept if kept < size else None))
            if kept < size:
                route.append(Leg(_in_turn(alone), list(stage.blocks[kept:]), stage.finish, end - size + kept))
                alone = []
        return route


def _in_turn(stages: list[tuple[nn.Module, int | None]]) -> Callable[[Tensor], Tensor]:
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
    small = ({}, dict(blocks=4), dict(dim=32, heads=2, depth=2))

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        kv: list[Tensor] = []
        for leg in self.route(backbone):
            tokens = Tokens.of(per_image(leg.alone, z))
            for block in leg.blocks:
                q, k, v = block.project(tokens)
                tokens = block.mix(tokens, q, k, v)
                kv += k, v
            z, _ = leg.finish(tokens).split()
        return Memory(z, tuple(kv))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        x, kv, route = x[:, None], iter(memory.kv), self.route(backbone)
        for i, leg in enumerate(route):
            last = i == len(route) - 1
            tokens = Tokens.of(per_image(leg.alone, x), q if last else None)
            for block in leg.blocks:
                qx, kx, vx = block.project(tokens)
                tokens = block.mix(tokens, qx, _join(next(kv), kx), _join(next(kv), vx))
            x, q_out = leg.finish(tokens).split()
        return Features(x[:, 0], memory.z, q_out)


@FUSIONS.register_module()
class MAM(MixedAttention):
    """Symmetric: templates and search region all see one another (equation 2).

    The templates change with every search crop, so only what comes before the first mixing block is
    memorized. With ``elimination`` it is OSTrack's joint feature learning (Ye et al., ECCV 2022).
    Arguments and shapes: see :class:`MixedAttention`.
    """

    references = ('cui2022mixformer',)
    small = ({}, dict(blocks=1), dict(dim=32, heads=2, depth=1), dict(elimination=dict(blocks=[1, 3], keep=0.6)))

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        return Memory(per_image(self.route(backbone)[0].alone, z))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        x, z, route, kept = x[:, None], memory.z, self.route(backbone), []
        for i, leg in enumerate(route):
            last = i == len(route) - 1
            search = Tokens.of(per_image(leg.alone, x), q if last else None)
            templates = Tokens.of(z if i == 0 else per_image(leg.alone, z))
            for number, block in enumerate(leg.blocks, leg.first):
                search, templates = self._mix(number, block, search, templates, memory.asking)
                if self._eliminates(number):
                    kept.append(search.kept)
            (x, q_out), (z, _) = leg.finish(search).split(), leg.finish(templates).split()
        return Features(x[:, 0], z, q_out, tuple(kept))

    def _eliminates(self, number: int) -> bool:
        """Whether search tokens are left out after this block's attention."""
        return self.elimination is not None and self.elimination.share(number) < 1

    def _mix(self, number: int, block: Block, search: Tokens, templates: Tokens, asking: Tensor | None
             ) -> tuple[Tokens, Tokens]:
        """One block in which both streams read both."""
        (qx, kx, vx), (qz, kz, vz) = block.project(search), block.project(templates)
        k, v = _join(kx, kz), _join(vx, vz)
        if self._eliminates(number):
            stay = self.elimination.stay(number, block, qz, k, search, templates, asking)
            search = block.feed(block.read(search, qx, k, v).keep(stay))
        else:
            search = block.mix(search, qx, k, v)
        return search, block.mix(templates, qz, k, v)


def _join(*keys: Tensor) -> Tensor:
    """Keys or values of several streams (B, heads, N, d), one after the other."""
    return torch.cat(keys, 2)
