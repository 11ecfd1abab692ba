# MixFormer, Table 4, row 7: 5 self-attention blocks (SAM), then 16 mixed-attention blocks (MAM).
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(blocks=16))
