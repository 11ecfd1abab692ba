# MixFormer, Table 4, row 5: 15 self-attention blocks (SAM), then 6 mixed-attention blocks (MAM).
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(blocks=6))
