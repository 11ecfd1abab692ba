# MixFormer, Table 6, row 2: the online template is renewed every 200 frames, however good the frame is.
_base_ = '../mixformer_cvt21.py'
tracking = dict(templates=dict(interval=200), benchmarks=None)
