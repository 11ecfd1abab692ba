# MixFormer, Table 4, row 9: mixed attention in all 21 blocks, query head.
_base_ = '../mixformer_cvt21_base.py'
model = dict(head=dict(_delete_=True, type='QueryHead'))
