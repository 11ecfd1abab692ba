# MixFormer-1k: CvT-21 pretrained on ImageNet-1k, the backbone at the full learning rate.
_base_ = 'mixformer_cvt21.py'
model = dict(backbone=dict(pretrained='CvT-21-384x384-IN-1k.pth'))
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=1.0))))
