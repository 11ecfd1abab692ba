# STARK-like: ResNet-50 at stride 16, self- and cross-attention, a corner head. Unpublished in this form.
_base_ = ['../_base_/mixformer.py', '../_base_/tracking/mixformer.py']
model = dict(
    backbone=dict(type='ResNet', depth=50, pretrained='timm:resnet50.tv_in1k'),
    fusion=dict(type='CrossAttention', style='self-cross', depth=6, hidden=2048),
    head=dict(type='CornerHead', channels=256))
