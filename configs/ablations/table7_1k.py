# MixFormer, Table 7, row 2: CvT-21 pretrained on ImageNet-1k.
_base_ = '../mixformer_cvt21_1k_spm.py'
