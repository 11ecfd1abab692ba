# OSTrack from DINOv2: its ViT-B with layer scale, patches of 14 pixels resampled to 16. Unpublished.
_base_ = '../ostrack_256.py'
model = dict(backbone=dict(layer_scale=1e-5, pretrained='timm:vit_base_patch14_dinov2.lvd142m'))
