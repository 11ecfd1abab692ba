# OSTrack, joint feature learning: none. A Siamese ViT-B, then four layers of self- and cross-attention.
_base_ = ['../_base_/ostrack.py', '../_base_/tracking/ostrack.py']
model = dict(
    backbone=dict(type='ViT', arch='vit_base', positions='learned', norm=True, drop_path=0.1,
                  pretrained='mae_pretrain_vit_base.pth'),
    fusion=dict(type='CrossAttention', style='self-cross', depth=4),
    head=dict(type='CenterHead', channels=256))
