# OSTrack, pretraining: ImageNet-1k with labels (DeiT).
_base_ = '../ostrack_256.py'
model = dict(backbone=dict(pretrained='timm:deit_base_patch16_224.fb_in1k'))
