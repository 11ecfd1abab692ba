# MixFormer with the query head (Table 4): a learnable token in the last stage's sequence, no corner maps.
_base_ = ['_base_/mixformer_cvt21.py', '_base_/tracking/mixformer.py']
model = dict(head=dict(type='QueryHead'))
