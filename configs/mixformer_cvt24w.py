# MixFormer-L: wide CvT-24 cut to 2-2-12 blocks, its first stage frozen.
_base_ = 'mixformer_cvt21.py'
model = dict(backbone=dict(arch='cvt24w', depths=(2, 2, 12), drop_path=0.3, frozen_stages=1,
                           pretrained='CvT-w24-384x384-IN-22k.pth'))
train_dataloader = dict(batch_size=16)
auto_scale_lr = dict(base_batch_size=128)
