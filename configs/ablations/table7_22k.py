# MixFormer, Table 7, row 1: CvT-21 pretrained on ImageNet-22k.
_base_ = '../mixformer_cvt21_spm.py'
