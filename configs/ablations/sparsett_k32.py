# SparseTT, how sparse: each query of the decoder keeps 32 of 361 keys; the published setting. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
