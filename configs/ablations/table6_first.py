# MixFormer, Table 6, row 1: the first template for the whole video, in both places it was trained for.
_base_ = '../mixformer_cvt21.py'
tracking = dict(templates=dict(_delete_=True, type='FirstOnly', copies=2), benchmarks=dict(_delete_=True))
