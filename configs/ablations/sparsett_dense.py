# SparseTT, how sparse: each query of the decoder keeps all 361 keys, exactly dense attention. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(fusion=dict(topk=None))
