"""EfficientNet-Lite0 (Tan and Le, ICML 2019; the Lite form: Google, 2020) through timm, for CPUs.

Lite: ReLU6 in the place of SiLU, no squeeze-and-excitation.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import timm
import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from vtzoo.models.backbones.base import Backbone
from vtzoo.models.preprocessor import IMAGENET_MEAN, IMAGENET_STD
from vtzoo.registry import BACKBONES
from vtzoo.structures import Spec
from vtzoo.utils.require import require

FINE, COARSE = 40, 112
"""Channels of the third stage (stride 8) and of the fifth (stride 16)."""


@BACKBONES.register_module()
class EfficientNet(Backbone):
    """EfficientNet-Lite0 up to its fifth stage, brought to stride 8 by a top-down path (Lin et al., CVPR 2017).

    BatchNorm is folded into the convolutions: its statistics stay those of ImageNet, and a CPU takes a quarter
    less time. Crops of 16 k + 1 pixels (81, 161) put cell i of the map exactly at pixel i * stride.

    Args:
        stride: 16: the fifth stage's map; 8: that map is resized and added to the third stage's.
        channels: of the map.
        frozen_stages: how many leading stages do not train: 1 is the stem and the first stage; 5 is all but the
            top-down path.
        pretrained: see :class:`Backbone`; 'timm:tf_efficientnet_lite0.in1k', or a file in timm's layout.

    Shape:
        (N, 3, h, w) -> (N, channels, ceil(h / stride), ceil(w / stride)).
    """

    references = ('tan2019efficientnet', 'lin2017fpn')
    small = (dict(channels=32),)
    not_pretrained = ('lateral.', 'top.')

    def __init__(self, stride: int = 8, channels: int = 96, frozen_stages: int = 0,
                 pretrained: str | None = None) -> None:
        super().__init__(pretrained)
        require(stride in (8, 16), f'EfficientNet runs at stride 8 or 16, not {stride}.')
        require(0 <= frozen_stages <= 5, f'EfficientNet has 5 stages; frozen_stages={frozen_stages} is not among 0..5.')
        net = fold(timm.create_model('efficientnet_lite0'))
        self.stem = nn.Sequential(net.conv_stem, net.bn1)
        self.fine, self.coarse = net.blocks[:3], net.blocks[3:5]
        self.lateral = nn.Conv2d(FINE, channels, 1) if stride == 8 else None
        self.top = nn.Conv2d(COARSE, channels, 1)
        for part in [self.stem, *self.fine, *self.coarse][:frozen_stages + 1 if frozen_stages else 0]:
            part.requires_grad_(False)
        self.spec = Spec(channels, channels, stride)
        self.to(memory_format=torch.channels_last)  # a sixth faster on a CPU

    def forward(self, image: Tensor) -> Tensor:
        fine = self.fine(self.stem(image))
        top = self.top(self.coarse(fine))
        if self.lateral is None:
            return top
        return self.lateral(fine) + F.interpolate(top, fine.shape[-2:], mode='bilinear', align_corners=True)

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """timm's EfficientNet-Lite0, folded; its stem takes ImageNet's mean and deviation. See :class:`Backbone`."""
        net = timm.create_model('tf_efficientnet_lite0')  # whose BatchNorm has an eps of 1e-3
        if set(state) != set(net.state_dict()):
            return dict(state)
        net.load_state_dict(state)
        stem = fold(net).conv_stem
        with torch.no_grad():  # these weights were trained on (x - 0.5) / 0.5
            stem.bias += (stem.weight.sum((2, 3)) * ((torch.tensor(IMAGENET_MEAN) - 0.5) / 0.5)).sum(1)
            stem.weight *= (torch.tensor(IMAGENET_STD) / 0.5).view(3, 1, 1)
        parts = nn.ModuleDict(dict(stem=nn.Sequential(stem, net.bn1), fine=net.blocks[:3], coarse=net.blocks[3:5]))
        return parts.state_dict()


def fold(net: nn.Module) -> nn.Module:
    """Every convolution takes in the BatchNorm that follows it; the activation stays in the BatchNorm's place."""
    for module in net.eval().modules():
        for (first, conv), (second, norm) in pairwise(list(module.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, BatchNormAct2d):
                setattr(module, first, fuse_conv_bn_eval(conv, norm))
                setattr(module, second, norm.act)
    return net
