# OSTrack with ViT-Ti, pretrained with labels: 6 M parameters in its blocks. Unpublished.
_base_ = '../ostrack_256.py'
model = dict(
    backbone=dict(arch='vit_tiny', pretrained='timm:vit_tiny_patch16_224.augreg_in21k_ft_in1k'),
    head=dict(channels=128))
