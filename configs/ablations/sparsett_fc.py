# SparseTT, which head: the fully connected branch alone. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(head=dict(branches=('fc',)))
