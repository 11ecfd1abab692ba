# TransT-like: ResNet-50 at stride 8, ego-context and cross-feature augment, a dense head. Unpublished in this form.
_base_ = ['../_base_/sparsett.py', '../_base_/tracking/sparsett.py']
model = dict(
    crop=dict(template_size=128, search_size=256),
    backbone=dict(type='ResNet', depth=50, stride=8, pretrained='timm:resnet50.tv_in1k'),
    fusion=dict(type='CrossAttention', style='transt', depth=4, hidden=2048),
    head=dict(type='DoubleHead', width=256, convs=0, branches=('fc',)))
