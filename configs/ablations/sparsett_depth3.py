# SparseTT, how deep: three encoder and three decoder layers. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(fusion=dict(encoder_layers=3, decoder_layers=3))
