# ResNet-50, four asymmetric mixed-attention blocks of their own, SparseTT's double head. Unpublished.
_base_ = ['../_base_/sparsett.py', '../_base_/tracking/sparsett.py']
model = dict(
    backbone=dict(type='ResNet', depth=50, pretrained='timm:resnet50.tv_in1k'),
    fusion=dict(type='AsymmetricMAM', depth=4, dim=256),
    head=dict(type='DoubleHead', width=512, convs=4))
