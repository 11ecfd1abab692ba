"""ResNet (He et al., CVPR 2016) through timm, cut after its third stage as TransT and STARK use it."""

from __future__ import annotations

from collections.abc import Mapping

import timm
from timm.utils.model import freeze_batch_norm_2d
from torch import Tensor

from vtzoo.models.backbones.base import Backbone
from vtzoo.registry import BACKBONES
from vtzoo.structures import Spec
from vtzoo.utils.renaming import renamed_or_kept
from vtzoo.utils.require import require


@BACKBONES.register_module()
class ResNet(Backbone):
    """ResNet up to layer3.

    Args:
        depth: 18, 34, 50 or 101.
        stride: 16 (STARK), or 8 with a dilated third stage (TransT).
        frozen_bn: BatchNorm with fixed statistics, scale and shift.
        pretrained: see :class:`Backbone`; 'timm:resnet50.tv_in1k', or a file in torchvision's or timm's layout.

    Shape:
        (N, 3, h, w) -> (N, C, ceil(h/stride), ceil(w/stride)); C is 256 (18, 34) or 1024 (50, 101).
    """

    references = ('he2016resnet',)
    small = (dict(depth=18),)

    def __init__(self, depth: int = 50, stride: int = 16, frozen_bn: bool = True,
                 pretrained: str | None = None) -> None:
        super().__init__(pretrained)
        require(depth in (18, 34, 50, 101), f'ResNet has no depth {depth}; write 18, 34, 50 or 101.')
        require(stride in (8, 16), f'ResNet runs at stride 16 or 8, not {stride}.')
        net = timm.create_model(f'resnet{depth}', features_only=True, out_indices=(3,), output_stride=stride)
        self.net = freeze_batch_norm_2d(net) if frozen_bn else net
        channels = net.feature_info.channels()[0]
        self.spec = Spec(channels, channels, stride)

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """torchvision's and timm's names are the same."""
        return renamed_or_kept(state, [(r'(layer4|fc)\..+', None), (r'(conv1|bn1|layer[123])\.(.+)', r'net.\1.\2')])

    def forward(self, image: Tensor) -> Tensor:
        return self.net(image)[0]
