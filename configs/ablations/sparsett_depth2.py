# SparseTT, how deep: two encoder and two decoder layers, the published setting. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
