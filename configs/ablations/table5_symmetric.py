# MixFormer, Table 5, row 1: templates and search region see one another; MixFormer-Base.
_base_ = '../mixformer_cvt21_base.py'
