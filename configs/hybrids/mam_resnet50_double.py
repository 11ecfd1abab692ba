# ResNet-50, four asymmetric mixed-attention blocks of their own, SparseTT's double head. Unpublished.
_base_ = '../sparsett_swin_t.py'
model = dict(
    backbone=dict(_delete_=True, type='ResNet', depth=50, pretrained='timm:resnet50.tv_in1k'),
    fusion=dict(_delete_=True, type='AsymmetricMAM', depth=4, dim=256),
    head=dict(width=512, convs=4))
