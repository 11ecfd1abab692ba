# MixFormer, Table 6, row 3: the score prediction module chooses the online template.
_base_ = '../mixformer_cvt21_spm.py'
