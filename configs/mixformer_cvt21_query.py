# MixFormer with the query head (Table 4): a learnable token in the last stage's sequence, no corner maps.
_base_ = 'mixformer_cvt21.py'
model = dict(head=dict(_delete_=True, type='QueryHead'))
