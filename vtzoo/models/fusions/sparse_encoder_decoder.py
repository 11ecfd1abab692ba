"""The sparse transformer of SparseTT (Fu et al., IJCAI 2022, section 3.3, Figure 2).

Released files: videoanalyst/model/neck/neck_impl/ and model/utils/multi_head_attention_topk.py.
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn

from vtzoo.models.attention import require_heads
from vtzoo.models.fusions.base import Fusion, per_image
from vtzoo.models.layers import Adjuster, FeedForward, LearnedPosition, PostNormAttention
from vtzoo.registry import FUSIONS
from vtzoo.structures import Features, Memory, Spec, Tokens
from vtzoo.utils.require import require


class EncoderLayer(nn.Module):
    """Templates read templates."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.self_attention = PostNormAttention(dim, heads, dropout)
        self.feed_forward = FeedForward(dim, hidden, dropout)

    def forward(self, t: Tensor) -> Tensor:
        return self.feed_forward(self.self_attention(t))


class DecoderLayer(nn.Module):
    """The search region reads itself, its top-k keys only, then the encoded templates."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float, topk: int | None) -> None:
        super().__init__()
        self.self_attention = PostNormAttention(dim, heads, dropout, topk)
        self.cross_attention = PostNormAttention(dim, heads, dropout)
        self.feed_forward = FeedForward(dim, hidden, dropout)

    def forward(self, tokens: Tokens, k: Tensor, v: Tensor) -> Tokens:
        free = tokens.t.shape[1] - tokens.cells
        t = self.self_attention(tokens.t, extra=free)
        return tokens.replace(self.feed_forward(self.cross_attention(t, (k, v))))


@FUSIONS.register_module()
class SparseEncoderDecoder(Fusion):
    """A dense encoder over the templates, a sparse decoder over the search region.

    Args:
        spec: of the backbone.
        topk: keys that each query of the decoder's self-attention keeps; None, or as many as the map
            has cells: all of them, exactly dense. Query tokens come on top.
        dim: channels; heads divide it.
        encoder_layers, decoder_layers: how many.
        hidden: width of the feed-forward layers.
        dropout: on attention weights and feed-forward outputs, in training.
        positions: largest template and search map in cells a side; one number: the same for both.

    Shape:
        Features.x (B, 2 dim, Hx, Wx): decoder output, then the adjusted search map; .z (B, T, dim, Hz, Wz):
        encoder output; .q (B, Q, dim).
    """

    references = ('fu2022sparsett',)
    small = (dict(dim=32, heads=2, hidden=32, topk=4, encoder_layers=1, decoder_layers=1),)
    words = MappingProxyType(dict(encoder='encoder layer', decoder='decoder layer'))

    def __init__(self, spec: Spec, topk: int | None = 32, dim: int = 256, heads: int = 8, encoder_layers: int = 2,
                 decoder_layers: int = 2, hidden: int = 2048, dropout: float = 0.1,
                 positions: int | tuple[int, int] = 48) -> None:
        super().__init__()
        require(topk is None or (isinstance(topk, int) and topk > 0),
               f'SparseEncoderDecoder keeps at least one key: write a number or None, not topk={topk!r}.')
        require_heads('SparseEncoderDecoder', dim, heads)
        require(dim % 2 == 0, f'SparseEncoderDecoder halves its width for positions: write an even dim, not {dim}.')
        require(encoder_layers >= 0 and decoder_layers > 0, 'SparseEncoderDecoder needs at least one decoder layer.')
        z_size, x_size = (positions, positions) if isinstance(positions, int) else positions
        self.adjust_z, self.adjust_x = Adjuster(spec.channels, dim), Adjuster(spec.channels, dim)
        self.position_z, self.position_x = LearnedPosition(dim, z_size), LearnedPosition(dim, x_size)
        self.encoder = nn.Sequential(*(EncoderLayer(dim, heads, hidden, dropout) for _ in range(encoder_layers)))
        self.decoder = nn.ModuleList(DecoderLayer(dim, heads, hidden, dropout, topk) for _ in range(decoder_layers))
        self.spec = Spec(2 * dim, dim, spec.stride, token_channels=dim)

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        tokens = Tokens.of(self.position_z(per_image(lambda images: self.adjust_z(backbone(images)), z)))
        tokens = tokens.replace(self.encoder(tokens.t))
        kv = [part for layer in self.decoder for part in layer.cross_attention.keys_values(tokens.t)]
        return Memory(tokens.split()[0], tuple(kv))

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        adjusted = self.adjust_x(backbone(x))
        tokens, kv = Tokens.of(self.position_x(adjusted[:, None]), q), iter(memory.kv)
        for layer in self.decoder:
            tokens = layer(tokens, next(kv), next(kv))
        decoded, q_out = tokens.split()
        return Features(torch.cat([decoded[:, 0], adjusted], 1), memory.z, q_out)
