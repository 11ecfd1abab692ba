# ViT-B as a Siamese backbone, SparseTT's sparse decoder and double head. Unpublished.
_base_ = ['../_base_/sparsett.py', '../_base_/tracking/sparsett.py']
model = dict(
    crop=dict(template_size=128, search_size=288),
    backbone=dict(type='ViT', arch='vit_base', norm=True, drop_path=0.1, pretrained='mae_pretrain_vit_base.pth'),
    fusion=dict(type='SparseEncoderDecoder', topk=32, dim=256, positions=18),
    head=dict(type='DoubleHead', width=1024, convs=7))
