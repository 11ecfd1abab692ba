# MixFormer-Base: symmetric mixing, one template, no update (Table 5, first row).
_base_ = '_base_/mixformer_cvt21.py'
model = dict(fusion=dict(type='MAM'), head=dict(type='CornerHead', channels=384))
train_dataloader = dict(dataset=dict(frames=dict(templates=1)))
tracking = dict(ranking=dict(type='Best', margin=10), templates=dict(type='FirstOnly'))
