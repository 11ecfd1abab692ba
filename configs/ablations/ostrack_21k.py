# OSTrack, pretraining: ImageNet-21k with labels (AugReg).
_base_ = '../ostrack_256.py'
model = dict(backbone=dict(pretrained='timm:vit_base_patch16_224.augreg_in21k'))
