# STARK-like: ResNet-50 at stride 16, self- and cross-attention, a corner head. Unpublished in this form.
_base_ = '../mixformer_cvt21.py'
model = dict(
    backbone=dict(_delete_=True, type='ResNet', depth=50, pretrained='timm:resnet50.tv_in1k'),
    fusion=dict(type='CrossAttention', style='self-cross', depth=6, hidden=2048),
    head=dict(channels=256))
