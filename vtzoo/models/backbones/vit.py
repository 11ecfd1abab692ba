"""ViT: plain vision transformer (Dosovitskiy et al., ICLR 2021), the backbone of MixViT and OSTrack.

Built from timm's blocks, so that timm's and MAE's weights fit. A class token and the classifier are left
out. Released files: lib/models/mixformer_vit/mixformer.py of MCG-NJU/MixFormer and
lib/models/ostrack/{vit,vit_ce,base_backbone}.py of botaoye/OSTrack.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from einops import rearrange
from timm.layers import PatchEmbed, QuickGELU, resample_patch_embed
from timm.models.vision_transformer import Block as TimmBlock
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.attention import attend, heads_apart, heads_together, require_heads
from vtzoo.models.backbones.base import Backbone
from vtzoo.models.block import drop_path_rates
from vtzoo.registry import BACKBONES
from vtzoo.structures import Spec, Tokens
from vtzoo.utils.renaming import Rules, renamed_or_kept
from vtzoo.utils.require import require

ARCHS = {  # width, blocks, heads
    'vit_large': (1024, 24, 16),
    'vit_base': (768, 12, 12),
    'vit_small': (384, 12, 6),
    'vit_tiny': (192, 12, 3),
    'nano': (128, 4, 4),
    'tiny': (48, 4, 3),
}
RELEASED: Rules = [
    (r'(cls_token|reg_token|mask_token)', None),
    (r'(head|fc_norm|decoder_embed|decoder_blocks|decoder_norm|decoder_pred|decoder_pos_embed)(\..+)?', None),
    (r'((?:pos_embed)|(?:patch_embed|norm_pre|blocks|norm)\..+)', r'\1'),
]
"""Names in MAE's and timm's checkpoints: what is left out here."""


class Block(TimmBlock):
    """timm's pre-norm block, split where mixed attention reaches in, and where tokens may leave."""

    @property
    def scale(self) -> float:
        """Of the attention logits."""
        return self.attn.scale

    def project(self, tokens: Tokens) -> tuple[Tensor, Tensor, Tensor]:
        """-> q, k, v (B, heads, N, d)."""
        q, k, v = self.attn.qkv(self.norm1(tokens.t)).chunk(3, -1)
        return tuple(heads_apart(part, self.attn.num_heads) for part in (q, k, v))

    def read(self, tokens: Tokens, q: Tensor, k: Tensor, v: Tensor) -> Tokens:
        """First half of :meth:`mix`: the tokens after their queries have read keys and values."""
        update = self.attn.proj(heads_together(attend(q, k, v, self.scale)))
        return tokens.replace(tokens.t + self.drop_path1(self.ls1(update)))

    def feed(self, tokens: Tokens) -> Tokens:
        """Second half of :meth:`mix`: the MLP, each token alone."""
        return tokens.replace(tokens.t + self.drop_path2(self.ls2(self.mlp(self.norm2(tokens.t)))))

    def mix(self, tokens: Tokens, q: Tensor, k: Tensor, v: Tensor) -> Tokens:
        """The tokens after attention to the given keys and values, and the MLP."""
        return self.feed(self.read(tokens, q, k, v))

    def forward(self, tokens: Tokens) -> Tokens:
        """Self-attention: every token reads its own sequence."""
        return self.mix(tokens, *self.project(tokens))


def sine_cosine_positions(h: int, w: int, width: int) -> Tensor:
    """(1, h*w, width) fixed positions, row by row, as MixViT has them.

    The column is encoded in the first half of the channels, the row in the second; each half is all sines,
    then all cosines, of the cell's index times 10000 ** (-i / (width / 4)). Released file: pos_utils.py.
    """
    frequency = 10000.0 ** -(torch.arange(width // 4, dtype=torch.float64) / (width / 4))

    def encoded(n: int) -> Tensor:
        angle = torch.arange(n, dtype=torch.float64)[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], -1)

    column, row = encoded(w).expand(h, w, -1), encoded(h)[:, None].expand(h, w, -1)
    return torch.cat([column, row], -1).float().flatten(0, 1)[None]


def resample_positions(table: Tensor, h: int, w: int) -> Tensor:
    """A square table (1, n*n, C) for a map of h x w cells: bicubic, as OSTrack and MAE do it -> (1, h*w, C)."""
    side = round(table.shape[1] ** 0.5)
    if (side, side) == (h, w):
        return table
    maps = rearrange(table, '1 (h w) c -> 1 c h w', h=side)
    return rearrange(F.interpolate(maps, (h, w), mode='bicubic', align_corners=False), '1 c h w -> 1 (h w) c')


@BACKBONES.register_module()
class ViT(Backbone):
    """One stage of equal blocks at the stride of its patches; mixed attention may run in all of them.

    Args:
        arch: 'vit_large', 'vit_base', 'vit_small', 'vit_tiny', 'nano' or 'tiny'.
        width, depth, heads: of the blocks; None: the arch's.
        patch: side of a patch in pixels.
        positions: 'sincos': fixed, for maps of any size (MixViT). 'learned': one table for templates and
            one for search crops, trained; made from the pretrained table (OSTrack). A map of another size
            gets the table next to it, resampled.
        norm: a LayerNorm after the last block (OSTrack has one, MixViT has none).
        drop_path: rate of the last block, linear from 0.
        layer_scale: initial scale of each branch (DINOv2: 1e-5); None: no such parameter.
        pre_norm, quick_gelu: as CLIP's ViT has them: a LayerNorm before the first block; the MLP's activation.
        scaled_init: linear weights start at a deviation of 1 / sqrt(inputs), not at 0.02: for narrow archs
            that start from nothing.
        frozen_blocks: the patch embedding and so many first blocks do not train (MixViT-L: 6); 0: all train.
        pretrained: 'timm:NAME', or a file in MAE's or timm's layout, see :class:`Backbone`.
        sizes: sides of template and search crops in pixels; the tracker gives them.

    Shape:
        (N, 3, h, w) -> (N, C, ceil(h/patch), ceil(w/patch)).
    """

    references = ('dosovitskiy2021vit',)
    small = (dict(arch='tiny', width=32, depth=4, heads=2, positions='learned', norm=True),)

    def __init__(self, arch: str = 'vit_base', width: int | None = None, depth: int | None = None,
                 heads: int | None = None, patch: int = 16, positions: str = 'sincos', norm: bool = False,
                 drop_path: float = 0.0, layer_scale: float | None = None, pre_norm: bool = False,
                 quick_gelu: bool = False, scaled_init: bool = False, frozen_blocks: int = 0,
                 pretrained: str | None = None, sizes: tuple[int, int] = (128, 256)) -> None:
        super().__init__(pretrained)
        require(arch in ARCHS, f'ViT has no arch {arch!r}; write one of {", ".join(ARCHS)}.')
        width, depth, heads = (own if given is None else given
                               for own, given in zip(ARCHS[arch], (width, depth, heads), strict=True))
        require(depth > 0, f'ViT needs at least one block: write depth=12, not {depth}.')
        require_heads('ViT', width, heads)
        require(positions in ('sincos', 'learned'),
                f"ViT has no positions {positions!r}: write 'sincos' or 'learned'.")
        require(positions == 'learned' or width % 4 == 0,
                f"sine-cosine positions need a width that 4 divides, not {width}: write positions='learned'.")
        require(0 <= frozen_blocks <= depth, f'ViT has {depth} blocks; frozen_blocks={frozen_blocks} is not among '
                                             f'0..{depth}.')
        norm_layer = partial(nn.LayerNorm, eps=1e-5 if pre_norm else 1e-6)
        self.patch, self.width, self.positions = patch, width, positions
        self.patch_embed = PatchEmbed(None, patch, 3, width, output_fmt='NHWC', bias=not pre_norm,
                                      strict_img_size=False, dynamic_img_pad=True)
        self.norm_pre = norm_layer(width) if pre_norm else nn.Identity()
        self.blocks = nn.ModuleList(
            Block(width, heads, qkv_bias=True, init_values=layer_scale, drop_path=rate, norm_layer=norm_layer,
                  act_layer=QuickGELU if quick_gelu else nn.GELU) for rate in drop_path_rates(drop_path, depth))
        self.norm = norm_layer(width) if norm else nn.Identity()
        self._make_tables(*(-(-size // patch) for size in sizes))
        for module in self.blocks.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=module.in_features ** -0.5 if scaled_init else 0.02)
                nn.init.zeros_(module.bias)
        if frozen_blocks:
            for part in (self.patch_embed, *self.blocks[:frozen_blocks]):
                part.requires_grad_(False)
        self.spec = Spec(width, width, stride=patch, token_channels=width, blocks=depth, subsets=True)

    def _make_tables(self, template: int, search: int) -> None:
        """Positions for both maps, as many cells a side; templates share the search map's where sides are equal."""
        for name, side in (('pos_embed_z', template), ('pos_embed_x', search)):
            if name == 'pos_embed_z' and template == search:
                self.pos_embed_z = None
            elif self.positions == 'sincos':
                self.register_buffer(name, sine_cosine_positions(side, side, self.width), persistent=False)
            else:
                table = nn.Parameter(torch.zeros(1, side * side, self.width))
                setattr(self, name, nn.init.trunc_normal_(table, std=0.02))

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """MAE's and timm's names are these. Patches and positions are resampled to this size; positions of class and
        register tokens are dropped, and so are the norm and positions where this ViT has none or fixed ones."""
        state = renamed_or_kept(state, RELEASED)
        table, kernel = state.pop('pos_embed', None), state.get('patch_embed.proj.weight')
        if table is not None and self.positions == 'learned':
            cells = table[:, table.shape[1] - int(table.shape[1] ** 0.5) ** 2:]
            for name in ('pos_embed_z', 'pos_embed_x'):
                if (own := getattr(self, name)) is not None:
                    side = round(own.shape[1] ** 0.5)
                    state[name] = resample_positions(cells, side, side)
        if kernel is not None and kernel.shape[-1] != self.patch:
            state['patch_embed.proj.weight'] = resample_patch_embed(kernel, [self.patch, self.patch])
        if isinstance(self.norm, nn.Identity):
            state = {key: tensor for key, tensor in state.items() if not key.startswith('norm.')}
        return state

    @property
    def stages(self) -> tuple[ViT]:
        """A plain ViT is one stage: itself."""
        return (self,)

    @property
    def proj(self) -> nn.Conv2d:
        """The stage's embedding."""
        return self.patch_embed.proj

    def forward(self, images: Tensor, blocks: int | None = None) -> Tensor:
        """(N, 3, h, w) -> (N, C, H, W): the embedding and the first ``blocks`` blocks; None: all, and the norm."""
        tokens = self.embed(images)
        for block in self.blocks[:blocks]:
            tokens = block(tokens)
        return (self.finish(tokens) if blocks is None else tokens).images()

    def embed(self, images: Tensor) -> Tokens:
        """(N, 3, h, w) -> Tokens of N sequences of one map, with positions."""
        maps = self.patch_embed(images)
        h, w = maps.shape[1:3]
        return Tokens(self.norm_pre(maps.flatten(1, 2) + self.positions_for(h, w)), (1, h, w))

    def positions_for(self, h: int, w: int) -> Tensor:
        """(1, h*w, C) for a map of h x w cells."""
        tables = [table for table in (self.pos_embed_z, self.pos_embed_x) if table is not None]
        nearest = min(tables, key=lambda table: abs(table.shape[1] - h * w))
        if self.positions == 'learned' or (h == w and nearest.shape[1] == h * w):
            return resample_positions(nearest, h, w)
        return sine_cosine_positions(h, w, self.width).to(nearest)

    def finish(self, tokens: Tokens) -> Tokens:
        """What follows the last block."""
        return tokens.replace(self.norm(tokens.t))
