# MixFormer, Table 4, row 6: 10 self-attention blocks (SAM), then 11 mixed-attention blocks (MAM).
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(blocks=11))
