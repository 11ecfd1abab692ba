# MixViT, pretraining: ImageNet-21k with labels (AugReg) in place of a masked autoencoder.
_base_ = '../mixvit_b.py'
model = dict(backbone=dict(pretrained='timm:vit_base_patch16_224.augreg_in21k'))
