# MixFormer, Table 4, row 3: CvT-21, then four ego-context and cross-feature augments (ECA + CFA) as TransT has them.
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(type='CrossAttention', style='transt', depth=4, hidden=2048))
