# SparseTT, which head: both branches, the published double head. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
