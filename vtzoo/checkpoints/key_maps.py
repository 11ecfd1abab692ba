"""How released checkpoints of whole trackers name what vtzoo names: one table of rules per family.

Sources: the released state dicts of MCG-NJU/MixFormer, botaoye/OSTrack and fzh0917/SparseTT.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

from vtzoo.models.backbones.cvt import RELEASED as CVT
from vtzoo.utils.renaming import Rules, prefixed


def merging(tensor: Tensor, _: re.Match | None = None) -> Tensor:
    """Patch merging's 4C inputs from mmdet's order (channel, row, column) to Swin's (column, row, channel)."""
    return tensor.unflatten(-1, (-1, 2, 2)).movedim((-3, -2, -1), (-1, -2, -3)).flatten(-3)


def _merging(tensor: Tensor, match: re.Match) -> dict[str, Tensor]:
    return {f'backbone.layers.{int(match[1]) + 1}.downsample.{match[2]}': merging(tensor)}


def _split_qkv(to: str) -> Callable[[Tensor, re.Match], dict[str, Tensor]]:
    """nn.MultiheadAttention's fused (3C, C) projection into q, k, v."""
    def split(tensor: Tensor, match: re.Match) -> dict[str, Tensor]:
        prefix = match.expand(to)
        return {f'{prefix}.{name}.{match["kind"]}': part for name, part in zip('qkv', tensor.chunk(3), strict=True)}
    return split


_SIDE = dict(tl='top_left', br='bottom_right')


def _corner(side: str) -> Rules:
    to = f'head.{_SIDE[side]}'
    part = {'0': 'conv', '1': 'bn'}

    def conv(name: str) -> Callable[[Tensor, re.Match], dict[str, Tensor]]:
        return lambda tensor, m: {f'{to}.{name.format(*m.groups())}.{part[m["part"]]}.{m["rest"]}': tensor}

    tail = r'\.(?P<part>[01])\.(?P<rest>.+)'
    rules: Rules = [(rf'box_head\.conv{n}_{side}{tail}', conv(f'convs.{n - 1}')) for n in range(1, 5)]
    rules += [(rf'box_head\.conv5_{side}\.(.+)', rf'{to}.score.\1')]
    rules += [(rf'box_head\.adjust{n}_{side}{tail}', conv(f'lateral.{n - 1}')) for n in (1, 2)]
    rules += [(rf'box_head\.adjust{n}_{side}\.(\d){tail}', conv(f'side.{n - 3}.{{0}}')) for n in (3, 4)]
    return rules


def _score(tensor: Tensor, match: re.Match) -> dict[str, Tensor]:
    read = ('read_search', 'read_template')[int(match[2])]
    name = {'proj_q': 'q', 'proj_k': 'k', 'proj_v': 'v', 'proj': 'out', 'norm2': 'norm'}[match[1]]
    return {f'confidence.{read}.{name}.{match[3]}': tensor}


_SCORE_BRANCH: Rules = [
    (r'score_branch\.score_token', 'confidence.token'),
    (r'score_branch\.norm1\.(.+)', r'confidence.norm.\1'),
    (r'score_branch\.(proj_[qkv]|proj|norm2)\.([01])\.(.+)', _score),
    (r'score_branch\.score_head\.layers\.(\d)\.(.+)',
     lambda tensor, m: {f'confidence.mlp.{2 * int(m[1])}.{m[2]}': tensor}),
]
_CORNERS_AND_SCORE: Rules = [*_corner('tl'), *_corner('br'), *_SCORE_BRANCH]

MIXFORMER: Rules = [*prefixed('backbone.', CVT), *_CORNERS_AND_SCORE]

MIXVIT: Rules = [
    (r'backbone\.(cls_token|pos_embed)', None),  # never used, as are the norm and the classifier
    (r'backbone\.(norm|head)\.(weight|bias)', None),
    (r'backbone\.pos_embed_[st]', None),  # fixed: made anew for the crops of the config
    (r'backbone\.(patch_embed|blocks)\.(.+)', r'backbone.\1.\2'),
    *_CORNERS_AND_SCORE,
]


def _center(tensor: Tensor, match: re.Match) -> dict[str, Tensor]:
    tower = dict(ctr='score', offset='offset', size='extent')[match['branch']]
    part = ('conv', 'bn')[int(match['part'])]
    return {f'head.{tower}.convs.{int(match["n"]) - 1}.{part}.{match["rest"]}': tensor}


OSTRACK: Rules = [
    (r'backbone\.(cls_token|pos_embed)', None),  # the table that both others were made from
    (r'backbone\.(pos_embed_[zx])', r'backbone.\1'),
    (r'backbone\.(patch_embed|blocks|norm)\.(.+)', r'backbone.\1.\2'),
    (r'box_head\.conv(?P<n>[1-4])_(?P<branch>ctr|offset|size)\.(?P<part>[01])\.(?P<rest>.+)', _center),
    (r'box_head\.conv5_ctr\.(.+)', r'head.score.score.\1'),
    (r'box_head\.conv5_offset\.(.+)', r'head.offset.score.\1'),
    (r'box_head\.conv5_size\.(.+)', r'head.extent.score.\1'),
]

_NET = r'basemodel\.net\.'
_IN = r'in_proj_(?P<kind>weight|bias)'


def _neck(layer: str, to: str, attentions: dict[str, tuple[str, str]]) -> Rules:
    """An encoder's or decoder's layers: each attention with the norm that follows it, then the feed-forward."""
    layer = rf'neck\.{layer}\.{layer}_layers\.(\d+)\.'
    rules: Rules = []
    for source, (name, norm) in attentions.items():
        rules += [
            (rf'{layer}{source}\.{_IN}', _split_qkv(rf'fusion.{to}.\1.{name}.attention')),
            (rf'{layer}{source}\.out_proj\.(.+)', rf'fusion.{to}.\1.{name}.attention.out.\2'),
            (rf'{layer}{norm}\.(.+)', rf'fusion.{to}.\1.{name}.norm.\2')]
    return [
        *rules,
        (rf'{layer}pos_ffn\.w_([12])\.(.+)', rf'fusion.{to}.\1.feed_forward.w\2.\3'),
        (rf'{layer}pos_ffn\.layer_norm\.(.+)', rf'fusion.{to}.\1.feed_forward.norm.\2')]


SPARSETT: Rules = [
    (_NET + r'(stages\.3|stages\.2\.downsample|norm3)\..+', None),  # computed and discarded in the release
    (_NET + r'.+\.relative_position_index', None),
    (_NET + r'patch_embed\.projection\.(.+)', r'backbone.patch_embed.proj.\1'),
    (_NET + r'patch_embed\.norm\.(.+)', r'backbone.patch_embed.norm.\1'),
    (_NET + r'stages\.(\d)\.downsample\.(.+)', _merging),
    (_NET + r'stages\.(\d)\.blocks\.(\d+)\.attn\.w_msa\.(.+)', r'backbone.layers.\1.blocks.\2.attn.\3'),
    (_NET + r'stages\.(\d)\.blocks\.(\d+)\.norm([12])\.(.+)', r'backbone.layers.\1.blocks.\2.norm\3.\4'),
    (_NET + r'stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.0\.0\.(.+)', r'backbone.layers.\1.blocks.\2.mlp.fc1.\3'),
    (_NET + r'stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.1\.(.+)', r'backbone.layers.\1.blocks.\2.mlp.fc2.\3'),
    (_NET + r'norm2\.(.+)', r'backbone.norm.\1'),
    (r'feat_adjuster_([zx])\.conv\.(.+)',
     lambda tensor, m: {f'fusion.adjust_{m[1]}.linear.{m[2]}': tensor.flatten(1) if tensor.ndim > 1 else tensor}),
    (r'feat_adjuster_([zx])\.bn\.(.+)', r'fusion.adjust_\1.bn.\2'),
    (r'neck\.encoder\.spatial_position_encoding\.row_embed\.weight', 'fusion.position_z.row'),
    (r'neck\.encoder\.spatial_position_encoding\.col_embed\.weight', 'fusion.position_z.column'),
    (r'neck\.decoder\.spatial_position_encoding\.row_embed\.weight', 'fusion.position_x.row'),
    (r'neck\.decoder\.spatial_position_encoding\.col_embed\.weight', 'fusion.position_x.column'),
    *_neck('encoder', 'encoder', dict(slf_attn=('self_attention', 'norm'))),
    *_neck('decoder', 'decoder', dict(slf_attn=('self_attention', 'norm1'), enc_attn=('cross_attention', 'norm2'))),
    (r'head\.fm_ctr', None),
    (r'head\.bi_(fc|conv)', r'head.\1.shift'),
    (r'head\.si_(fc|conv)', r'head.\1.scale'),
    (r'head\.fc_branch\.(\d)\.(.+)', r'head.fc.body.\1.\2'),
    (r'head\.(fc|conv)_branch_cls\.(.+)', r'head.\1.score.\2'),
    (r'head\.(fc|conv)_branch_reg\.(.+)', r'head.\1.distance.\2'),
    (r'head\.conv_branch\.0\.conv_identity\.(.+)', r'head.conv.body.0.identity.\1'),
    (r'head\.conv_branch\.0\.conv([12])\.(.+)',
     lambda tensor, m: {f'head.conv.body.0.body.{int(m[1]) - 1}.{m[2]}': tensor}),
    (r'head\.conv_branch\.(\d+)\.conv([123])\.(.+)',
     lambda tensor, m: {f'head.conv.body.{m[1]}.body.{int(m[2]) - 1}.conv.{m[3]}': tensor}),
    (r'head\.conv_branch\.(\d+)\.bn([123])\.(.+)',
     lambda tensor, m: {f'head.conv.body.{m[1]}.body.{int(m[2]) - 1}.bn.{m[3]}': tensor}),
]

FAMILIES: dict[str, Rules] = dict(mixformer=MIXFORMER, mixvit=MIXVIT, ostrack=OSTRACK, sparsett=SPARSETT)
"""Families of whole trackers. Checkpoints of a backbone alone are the backbone's own business, see
:meth:`~vtzoo.models.backbones.Backbone.checkpoint_filter`."""


def family_of(state: Mapping[str, Tensor]) -> str | None:
    """The family whose names a state dict uses; None: none that is known."""
    def has(key: str) -> bool:
        return key in state

    if has('backbone.stage0.patch_embed.proj.weight'):
        return 'mixformer'
    if has('backbone.pos_embed_s'):
        return 'mixvit'
    if has('box_head.conv1_ctr.0.weight'):
        return 'ostrack'
    if has('basemodel.net.patch_embed.projection.weight'):
        return 'sparsett'
    if has('blocks.0.attn.qkv.weight') and has('patch_embed.proj.weight'):
        return 'vit'
    if has('stage0.patch_embed.proj.weight'):
        return 'cvt'
    if has('layers.0.blocks.0.attn.relative_position_bias_table'):
        return 'swin_microsoft' if has('layers.0.downsample.norm.weight') else 'swin_timm'
    for prefix in ('', 'cvt.', 'swin.'):  # transformers' bare models, and those with a classifier
        if has(f'{prefix}encoder.stages.0.embedding.convolution_embeddings.projection.weight'):
            return 'cvt_transformers'
        if has(f'{prefix}encoder.layers.0.blocks.0.layernorm_before.weight') and has(
                f'{prefix}encoder.layers.0.downsample.reduction.weight'):
            return 'swin_transformers'
    if has('features.1.0.attn.relative_position_bias_table'):
        return 'swin_torchvision'
    if has('layer1.0.conv1.weight') and has('bn1.weight'):
        return 'resnet'
    return None
