# Swin-T, four mixed-attention blocks of their own, MixFormer's query head. Unpublished.
_base_ = '../mixformer_cvt21.py'
model = dict(
    backbone=dict(_delete_=True, type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='AsymmetricMAM', depth=4, dim=384),
    head=dict(_delete_=True, type='QueryHead'))
