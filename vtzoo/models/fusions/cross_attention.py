"""Vanilla cross-attention after a Siamese backbone: the baselines of MixFormer's Table 4."""

from __future__ import annotations

from types import MappingProxyType

from torch import Tensor, nn

from vtzoo.models.attention import require_heads
from vtzoo.models.fusions.base import Fusion, per_image
from vtzoo.models.layers import Adjuster, FeedForward, LearnedPosition, PostNormAttention
from vtzoo.registry import FUSIONS
from vtzoo.structures import Features, Memory, Spec, Tokens
from vtzoo.utils.require import require

STYLES = {'cam': 'cui2022mixformer', 'self-cross': 'yan2021stark', 'transt': 'chen2021transt'}
"""The styles, and the paper each is from."""


class CrossLayer(nn.Module):
    """Search tokens read the templates, after reading themselves if ``self_first``."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float, self_first: bool) -> None:
        super().__init__()
        self.self_attention = PostNormAttention(dim, heads, dropout) if self_first else None
        self.cross_attention = PostNormAttention(dim, heads, dropout)
        self.feed_forward = FeedForward(dim, hidden, dropout)

    def forward(self, t: Tensor, kv: tuple[Tensor, Tensor]) -> Tensor:
        if self.self_attention is not None:
            t = self.self_attention(t)
        return self.feed_forward(self.cross_attention(t, kv))


class TransTLayer(nn.Module):
    """Ego-context augment in each stream, then cross-feature augment between them (TransT, section 3.2)."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.ego_x, self.ego_z = PostNormAttention(dim, heads, dropout), PostNormAttention(dim, heads, dropout)
        self.cross_x, self.cross_z = (CrossLayer(dim, heads, hidden, dropout, self_first=False) for _ in range(2))

    def forward(self, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        x, z = self.ego_x(x), self.ego_z(z)
        return (self.cross_x(x, self.cross_x.cross_attention.keys_values(z)),
                self.cross_z(z, self.cross_z.cross_attention.keys_values(x)))


@FUSIONS.register_module()
class CrossAttention(Fusion):
    """Cross-attention in one of three styles.

    Args:
        spec: of the backbone.
        style: 'cam': search queries read template keys only. 'self-cross': self-attention, then
            cross-attention. 'transt': ego-context and cross-feature augment in both streams, and a last
            cross-feature augment into the search stream (Chen et al., CVPR 2021).
        depth: layers.
        dim, heads, hidden, dropout: of each layer.
        positions: largest map in cells a side.

    Shape:
        Features.x (B, dim, Hx, Wx); .z (B, T, dim, Hz, Wz); .q (B, Q, dim), but none with 'cam', where a
        query token would never see the search region.
    """

    references = ('cui2022mixformer', 'yan2021stark', 'chen2021transt')
    small = tuple(dict(style=style, dim=32, heads=2, hidden=32, depth=2) for style in ('cam', 'self-cross', 'transt'))
    words = MappingProxyType(dict(
        augment='layer', cross='layer', ego_x='ego-context augment', ego_z='ego-context augment',
        cross_x='cross-feature augment', cross_z='cross-feature augment'))

    def __init__(self, spec: Spec, style: str = 'cam', depth: int = 3, dim: int = 256, heads: int = 8,
                 hidden: int = 1024, dropout: float = 0.1, positions: int = 48) -> None:
        super().__init__()
        require(style in STYLES,
                f"CrossAttention has no style {style!r}: write 'cam', 'self-cross' or 'transt'.")
        require(depth > 0, f'CrossAttention needs at least one layer: write depth=3, not {depth}.')
        require_heads('CrossAttention', dim, heads)
        require(dim % 2 == 0, f'CrossAttention halves its width for positions: write an even dim, not {dim}.')
        self.references = (STYLES[style],)
        self.adjust_z, self.adjust_x = Adjuster(spec.channels, dim), Adjuster(spec.channels, dim)
        self.position_z, self.position_x = LearnedPosition(dim, positions), LearnedPosition(dim, positions)
        both = depth if style == 'transt' else 0
        self.augment = nn.ModuleList(TransTLayer(dim, heads, hidden, dropout) for _ in range(both))
        self.cross = nn.ModuleList(CrossLayer(dim, heads, hidden, dropout, self_first=style == 'self-cross')
                                   for _ in range(1 if both else depth))
        self.spec = Spec(dim, dim, spec.stride, token_channels=0 if style == 'cam' else dim)

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        maps = self.position_z(per_image(lambda images: self.adjust_z(backbone(images)), z))
        if self.augment:  # the templates go on changing with every search crop
            return Memory(maps)
        t = Tokens.of(maps).t
        return Memory(maps, tuple(part for layer in self.cross for part in layer.cross_attention.keys_values(t)))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        search = Tokens.of(self.position_x(self.adjust_x(backbone(x))[:, None]), q)
        templates = Tokens.of(memory.z)
        x, z, kv = search.t, templates.t, iter(memory.kv)
        for layer in self.augment:
            x, z = layer(x, z)
        for layer in self.cross:
            x = layer(x, (next(kv), next(kv)) if memory.kv else layer.cross_attention.keys_values(z))
        maps, q_out = search.replace(x).split()
        return Features(maps[:, 0], templates.replace(z).split()[0], q_out)
