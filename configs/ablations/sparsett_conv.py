# SparseTT, which head: the convolutional branch alone. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(head=dict(branches=('conv',)))
