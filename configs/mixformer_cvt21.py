# MixFormer (CVPR 2022), CvT-21 pretrained on ImageNet-22k, first stage.
_base_ = ['_base_/mixformer_cvt21.py', '_base_/tracking/mixformer.py']
model = dict(head=dict(type='CornerHead', channels=384))
