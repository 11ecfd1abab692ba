# SparseTT, how deep: one encoder and one decoder layer. Trained on GOT-10k alone.
_base_ = '../sparsett_swin_t_got.py'
model = dict(fusion=dict(encoder_layers=1, decoder_layers=1))
