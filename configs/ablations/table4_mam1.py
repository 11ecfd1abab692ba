# MixFormer, Table 4, row 4: 20 self-attention blocks (SAM), then one mixed-attention block (MAM).
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(blocks=1))
