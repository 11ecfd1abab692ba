# MixFormer-1k: CvT-21 pretrained on ImageNet-1k, the backbone at the full learning rate.
_base_ = 'mixformer_cvt21.py'
model = dict(backbone=dict(pretrained='CvT-21-384x384-IN-1k.pth'))
optimizer = dict(backbone_lr=1.0)
