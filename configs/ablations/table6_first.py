# MixFormer, Table 6, row 1: the first template for the whole video, in both places it was trained for.
_base_ = '../_base_/mixformer_cvt21.py'
model = dict(head=dict(type='CornerHead', channels=384))
tracking = dict(ranking=dict(type='Best', margin=10), templates=dict(type='FirstOnly', copies=2))
