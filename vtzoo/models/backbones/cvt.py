"""CvT: convolutional vision transformer (Wu et al., ICCV 2021), MixFormer's backbone.

Released file: lib/models/mixformer_cvt/mixformer.py of MCG-NJU/MixFormer, after leoxiaobin/CvT.
No class token, no positional embedding, no norm on the output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from einops import rearrange
from torch import Tensor, nn

from vtzoo.models.backbones.base import Backbone
from vtzoo.models.block import Block, drop_path_rates
from vtzoo.registry import BACKBONES
from vtzoo.structures import Spec, Tokens
from vtzoo.utils.renaming import Rules, renamed_or_kept, within_depth
from vtzoo.utils.require import require

ARCHS = {  # widths, heads, depths
    'cvt13': ((64, 192, 384), (1, 3, 6), (1, 2, 10)),
    'cvt21': ((64, 192, 384), (1, 3, 6), (1, 4, 16)),
    'cvt24w': ((192, 768, 1024), (3, 12, 16), (2, 2, 20)),
    'nano': ((16, 48, 128), (1, 3, 4), (1, 1, 3)),
    'tiny': ((16, 48, 96), (1, 3, 6), (1, 2, 3)),
}

RELEASED: Rules = [
    (r'stage(\d)\.patch_embed\.(proj|norm)\.(.+)', r'stages.\1.\2.\3'),
    (r'stage(\d)\.blocks\.(\d+)\.norm([12])\.(.+)', r'stages.\1.blocks.\2.norm\3.\4'),
    (r'stage(\d)\.blocks\.(\d+)\.attn\.conv_proj_([qkv])\.(conv|bn)\.(.+)', r'stages.\1.blocks.\2.\3.\4.\5'),
    (r'stage(\d)\.blocks\.(\d+)\.attn\.proj_([qkv])\.(.+)', r'stages.\1.blocks.\2.\3.linear.\4'),
    (r'stage(\d)\.blocks\.(\d+)\.attn\.proj\.(.+)', r'stages.\1.blocks.\2.out.\3'),
    (r'stage(\d)\.blocks\.(\d+)\.mlp\.fc1\.(.+)', r'stages.\1.blocks.\2.mlp.0.\3'),
    (r'stage(\d)\.blocks\.(\d+)\.mlp\.fc2\.(.+)', r'stages.\1.blocks.\2.mlp.2.\3'),
    (r'(norm|head)\.(weight|bias)', None),  # the classifier and the norm before it
    (r'stage2\.cls_token', None),
]
"""The authors' names (leoxiaobin/CvT), in MixFormer's checkpoints, too."""

_LAYER = r'(?:cvt\.)?encoder\.stages\.(\d)\.layers\.(\d+)\.'
_EMBEDDING = r'(?:cvt\.)?encoder\.stages\.(\d)\.embedding\.convolution_embeddings\.'
_CONVOLUTION = r'attention\.attention\.convolution_projection_(q|k|v)\w+\.convolution_projection\.'
TRANSFORMERS: Rules = [
    (_EMBEDDING + r'projection\.(.+)', r'stages.\1.proj.\2'),
    (_EMBEDDING + r'normalization\.(.+)', r'stages.\1.norm.\2'),
    (_LAYER + _CONVOLUTION + r'convolution\.(.+)', r'stages.\1.blocks.\2.\3.conv.\4'),
    (_LAYER + _CONVOLUTION + r'normalization\.(.+)', r'stages.\1.blocks.\2.\3.bn.\4'),
    (_LAYER + r'attention\.attention\.projection_(q|k|v)\w+\.(.+)', r'stages.\1.blocks.\2.\3.linear.\4'),
    (_LAYER + r'attention\.output\.dense\.(.+)', r'stages.\1.blocks.\2.out.\3'),
    (_LAYER + r'intermediate\.dense\.(.+)', r'stages.\1.blocks.\2.mlp.0.\3'),
    (_LAYER + r'output\.dense\.(.+)', r'stages.\1.blocks.\2.mlp.2.\3'),
    (_LAYER + r'layernorm_before\.(.+)', r'stages.\1.blocks.\2.norm1.\3'),
    (_LAYER + r'layernorm_after\.(.+)', r'stages.\1.blocks.\2.norm2.\3'),
    (r'(?:cvt\.)?encoder\.stages\.\d\.cls_token', None),
    (r'(layernorm|classifier)\.(weight|bias)', None),
]
"""transformers' names (CvtModel, CvtForImageClassification), as the hub's microsoft/cvt-* have them."""


class Stage(nn.Module):
    """Convolutional token embedding, then blocks."""

    def __init__(self, c_in: int, dim: int, kernel: int, stride: int, blocks: Sequence[Block]) -> None:
        super().__init__()
        self.proj = nn.Conv2d(c_in, dim, kernel, stride, 2 if kernel == 7 else 1)
        self.norm = nn.LayerNorm(dim)
        self.blocks = nn.ModuleList(blocks)

    def forward(self, images: Tensor, blocks: int | None = None) -> Tensor:
        """(N, c_in, h, w) -> (N, dim, H, W): the embedding, then the first ``blocks`` blocks (None: all)."""
        x = self.norm(rearrange(self.proj(images), 'n c h w -> n h w c'))
        tokens = Tokens.of(rearrange(x, 'n h w c -> n 1 c h w'))
        for block in self.blocks[:blocks]:
            tokens = block(tokens)
        return tokens.images()

    def finish(self, tokens: Tokens) -> Tokens:
        """Nothing follows the last block."""
        return tokens


@BACKBONES.register_module()
class CvT(Backbone):
    """Three stages at strides 4, 8, 16.

    Args:
        arch: 'cvt13', 'cvt21', 'cvt24w', 'nano' or 'tiny'.
        depths: blocks of each stage; None: the arch's. MixFormer-L is cvt24w cut to (2, 2, 12).
        drop_path: rate at the last block of the last stage; linear from 0 inside that stage.
        frozen_bn: fixed BatchNorm in the convolutional projections, as MixFormer trains it. Running
            statistics, of templates and search crops in turn, would fit neither.
        scaled_init: see :class:`~vtzoo.models.block.Block`; for narrow archs that start from nothing.
        frozen_stages: how many leading stages do not train (MixFormer-L: 1).
        pretrained: a file under the authors' or transformers' names, see :class:`Backbone`.

    Shape:
        (N, 3, h, w) -> (N, C, h/16, w/16).
    """

    references = ('wu2021cvt',)
    small = (dict(arch='tiny'),)

    def __init__(self, arch: str = 'cvt21', depths: Sequence[int] | None = None, drop_path: float = 0.0,
                 frozen_bn: bool = True, scaled_init: bool = False, frozen_stages: int = 0,
                 pretrained: str | None = None) -> None:
        super().__init__(pretrained)
        require(arch in ARCHS, f'CvT has no arch {arch!r}; write one of {", ".join(ARCHS)}.')
        widths, heads, own_depths = ARCHS[arch]
        depths = tuple(depths or own_depths)
        require(len(depths) == 3 and min(depths) > 0,
                f'CvT needs a positive depth for each of its 3 stages, not depths={depths}.')
        require(0 <= frozen_stages <= 3, f'CvT has 3 stages; frozen_stages={frozen_stages} is not among 0..3.')
        self.frozen_stages = frozen_stages
        rates = drop_path_rates(drop_path, depths[-1])
        self.stages = nn.ModuleList()
        for i, (dim, head, depth) in enumerate(zip(widths, heads, depths, strict=True)):
            blocks = [Block(dim, head, drop_path=rates[j] if i == 2 else 0.0, frozen_bn=frozen_bn,
                            scaled_init=scaled_init) for j in range(depth)]
            kernel, stride = ((7, 4), (3, 2), (3, 2))[i]
            self.stages.append(Stage(3 if i == 0 else widths[i - 1], dim, kernel, stride, blocks))
        self.stages[:frozen_stages].requires_grad_(False)
        self.spec = Spec(widths[-1], widths[-1], stride=16, token_channels=widths[-1], blocks=sum(depths))

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return within_depth(renamed_or_kept(state, RELEASED + TRANSFORMERS), self.state_dict())

    def forward(self, image: Tensor) -> Tensor:
        for stage in self.stages:
            image = stage(image)
        return image

    def train(self, mode: bool = True) -> CvT:
        super().train(mode)
        self.stages[:self.frozen_stages].eval()
        return self
