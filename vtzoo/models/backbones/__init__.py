"""Backbones: an image becomes a map. One file each; this list is all that a new one must join."""

from vtzoo.models.backbones.base import Backbone
from vtzoo.models.backbones.cvt import CvT
from vtzoo.models.backbones.efficientnet import EfficientNet
from vtzoo.models.backbones.resnet import ResNet
from vtzoo.models.backbones.swin import Swin
from vtzoo.models.backbones.vit import ViT

__all__ = ['Backbone', 'CvT', 'EfficientNet', 'ResNet', 'Swin', 'ViT']
