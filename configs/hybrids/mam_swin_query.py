# Swin-T, four mixed-attention blocks of their own, MixFormer's query head. Unpublished.
_base_ = ['../_base_/mixformer.py', '../_base_/tracking/mixformer.py']
model = dict(
    backbone=dict(type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='AsymmetricMAM', depth=4, dim=384),
    head=dict(type='QueryHead'))
