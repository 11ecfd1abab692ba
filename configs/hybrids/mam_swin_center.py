# Swin-T, four mixed-attention blocks of their own, OSTrack's head. Unpublished.
_base_ = ['../_base_/ostrack.py', '../_base_/tracking/ostrack.py']
model = dict(
    backbone=dict(type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='MAM', depth=4, dim=384),
    head=dict(type='CenterHead', channels=256))
