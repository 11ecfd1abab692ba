# MixFormer, Table 5, row 2: templates do not see the search region, so they are memorized once.
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(type='AsymmetricMAM'))
