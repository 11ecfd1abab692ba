"""Swin transformer (Liu et al., ICCV 2021) up to its third stage, SparseTT's backbone.

Built from timm's blocks. timm rolls a map before it pads it to whole windows, which is wrong off
multiples of the window; SparseTT's backbone pads first (0.24 to 0.35 relative difference at crops
of 289 and 127 pixels, none at 224). Released file:
videoanalyst/model/backbone/backbone_impl/swin_transformer.py of fzh0917/SparseTT.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from timm.layers import PatchEmbed
from timm.models.swin_transformer import PatchMerging, SwinTransformerBlock
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.backbones.base import Backbone
from vtzoo.models.block import drop_path_rates
from vtzoo.registry import BACKBONES
from vtzoo.structures import Spec
from vtzoo.utils.renaming import JOIN, Rules, renamed_or_kept, within_depth
from vtzoo.utils.require import require

ARCHS = {  # width of the first stage, heads, depths
    'swin_tiny': (96, (3, 6, 12), (2, 2, 6)),
    'nano': (32, (1, 2, 4), (1, 1, 3)),
    'tiny': (24, (2, 4, 8), (2, 2, 2)),
}


def _next_layer(tensor: Tensor, match: re.Match[str]) -> dict[str, Tensor]:
    """Microsoft ends a stage with its merging, timm starts the next one with it."""
    return {f'layers.{int(match[1]) + 1}.downsample.{match[2]}': tensor}


LEFT_OUT: Rules = [(r'(layers\.3|head|norm)\..+', None), (r'.+\.(relative_position_index|attn_mask)', None)]
"""What an ImageNet checkpoint holds and the three stages here have no use for."""

_BLOCK = r'(?:swin\.)?encoder\.layers\.([012])\.blocks\.(\d+)\.'
_TO = r'layers.\1.blocks.\2.'
TRANSFORMERS: Rules = [
    (r'(?:swin\.)?(encoder\.layers\.(3|2\.downsample)|layernorm|pooler|classifier)\..+', None),
    (r'(?:swin\.)?embeddings\.patch_embeddings\.projection\.(.+)', r'patch_embed.proj.\1'),
    (r'(?:swin\.)?embeddings\.norm\.(.+)', r'patch_embed.norm.\1'),
    (r'(?:swin\.)?encoder\.layers\.(\d)\.downsample\.(.+)', _next_layer),
    *((_BLOCK + rf'attention\.(?:self\.{name}|{name[0]}_proj)\.(.+)', _TO + rf'attn.qkv.\3{JOIN}{part}')
      for part, name in enumerate(('query', 'key', 'value'))),
    (_BLOCK + r'attention\.(?:self|relative_position_bias)\.relative_position_bias_table',
     _TO + 'attn.relative_position_bias_table'),
    (_BLOCK + r'attention\.(?:output\.dense|o_proj)\.(.+)', _TO + r'attn.proj.\3'),
    (_BLOCK + r'(?:intermediate\.dense|mlp\.fc1)\.(.+)', _TO + r'mlp.fc1.\3'),
    (_BLOCK + r'(?:output\.dense|mlp\.fc2)\.(.+)', _TO + r'mlp.fc2.\3'),
    (_BLOCK + r'layernorm_before\.(.+)', _TO + r'norm1.\3'),
    (_BLOCK + r'layernorm_after\.(.+)', _TO + r'norm2.\3'),
]
"""transformers' names (SwinModel, SwinForImageClassification): those of the hub, and of version 5 in memory."""


def _stage(to: str) -> Callable[[Tensor, re.Match[str]], dict[str, Tensor]]:
    """torchvision counts embedding, stage, merging, stage, ...: features 1, 3 and 5 are the stages kept here."""
    return lambda tensor, match: {match.expand(to).replace('STAGE', str(int(match[1]) // 2)): tensor}


TORCHVISION: Rules = [
    (r'features\.[67]\..+', None),
    (r'features\.0\.0\.(.+)', r'patch_embed.proj.\1'),
    (r'features\.0\.2\.(.+)', r'patch_embed.norm.\1'),
    (r'features\.([24])\.(norm|reduction)\.(.+)', _stage(r'layers.STAGE.downsample.\2.\3')),
    (r'features\.([135])\.(\d+)\.(norm[12]|attn)\.(.+)', _stage(r'layers.STAGE.blocks.\2.\3.\4')),
    (r'features\.([135])\.(\d+)\.mlp\.0\.(.+)', _stage(r'layers.STAGE.blocks.\2.mlp.fc1.\3')),
    (r'features\.([135])\.(\d+)\.mlp\.3\.(.+)', _stage(r'layers.STAGE.blocks.\2.mlp.fc2.\3')),
]
MICROSOFT: Rules = [(r'layers\.2\.downsample\..+', None), (r'layers\.(\d)\.downsample\.(.+)', _next_layer)]


def pad_to_multiple(x: Tensor, n: int) -> Tensor:
    """(B, H, W, C) with zeros to the right and below until H and W are multiples of n."""
    h, w = x.shape[1:3]
    return F.pad(x, (0, 0, 0, -w % n, 0, -h % n))


class PadThenShiftBlock(SwinTransformerBlock):
    """timm's block, padding before the cyclic shift, with torch's fused attention. Padding acts as keys and is not
    masked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attn.fused_attn = True  # timm leaves it off where a bias is added to the logits

    def _attn(self, x: Tensor) -> Tensor:
        h, w = x.shape[1:3]
        return super()._attn(pad_to_multiple(x, self.window_size[0]))[:, :h, :w]


def stage(dim: int, heads: int, rates: Sequence[float], window: int, merge: bool) -> nn.Sequential:
    """Patch merging (but in the first stage), then blocks, every second one shifted. Named as in timm."""
    blocks = (PadThenShiftBlock(
        dim, input_resolution=(window, window), num_heads=heads, window_size=window,
        shift_size=window // 2 if i % 2 else 0, always_partition=True, dynamic_mask=True, drop_path=rate)
        for i, rate in enumerate(rates))
    return nn.Sequential(OrderedDict(
        downsample=PatchMerging(dim // 2) if merge else nn.Identity(), blocks=nn.Sequential(*blocks)))


@BACKBONES.register_module()
class Swin(Backbone):
    """Swin's first three stages at any input size; a LayerNorm on the output.

    Args:
        arch: 'swin_tiny', 'nano' or 'tiny'.
        depths: blocks of each of the three stages; None: the arch's.
        drop_path: rate of a last block of stage four, which is left out here: the blocks kept get what
            they would get in the four-stage network (SparseTT: 0.2 gives 0 ... 0.164).
        window: side of the attention windows in cells.
        pretrained: see :class:`Backbone`; 'timm:swin_tiny_patch4_window7_224.ms_in1k', or a file in
            Microsoft's, timm's, transformers' or torchvision's layout.

    Shape:
        (N, 3, h, w) -> (N, C, ceil(h/16), ceil(w/16)).
    """

    references = ('liu2021swin',)
    small = (dict(arch='tiny', depths=(1, 1, 1)),)
    not_pretrained = ('norm.',)  # ImageNet's Swin has no norm after its third stage

    def __init__(self, arch: str = 'swin_tiny', depths: Sequence[int] | None = None, drop_path: float = 0.0,
                 window: int = 7, pretrained: str | None = None) -> None:
        super().__init__(pretrained)
        require(arch in ARCHS, f'Swin has no arch {arch!r}; write one of {", ".join(ARCHS)}.')
        width, heads, own_depths = ARCHS[arch]
        depths = tuple(depths or own_depths)
        require(len(depths) == 3 and min(depths) > 0,
                f'Swin needs a positive depth for each of its 3 stages, not depths={depths}.')
        rates = drop_path_rates(drop_path, sum(depths) + 2)  # the fourth stage has two blocks
        self.patch_embed = PatchEmbed(None, 4, 3, width, norm_layer=nn.LayerNorm, output_fmt='NHWC',
                                      strict_img_size=False)
        self.layers = nn.Sequential(*(
            stage(width * 2 ** i, heads[i], rates[sum(depths[:i]):sum(depths[:i + 1])], window, merge=i > 0)
            for i in range(3)))
        self.norm = nn.LayerNorm(4 * width)
        self.spec = Spec(4 * width, 4 * width, stride=16)

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Microsoft's and timm's names (theirs are those of this module), transformers' and torchvision's."""
        layout = MICROSOFT if 'layers.0.downsample.norm.weight' in state else []
        return within_depth(renamed_or_kept(state, LEFT_OUT + layout + TRANSFORMERS + TORCHVISION), self.state_dict())

    def forward(self, image: Tensor) -> Tensor:
        h, w = image.shape[-2:]
        image = F.pad(image, (0, -w % 4, 0, -h % 4))
        return self.norm(self.layers(self.patch_embed(image))).permute(0, 3, 1, 2)
