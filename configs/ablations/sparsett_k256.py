# SparseTT, how sparse: each query of the decoder keeps 256 of 361 keys. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(fusion=dict(topk=256))
