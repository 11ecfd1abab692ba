# MixFormer, Table 4, row 8: mixed attention in all 21 blocks; MixFormer-Base.
_base_ = '../mixformer_cvt21_base.py'
