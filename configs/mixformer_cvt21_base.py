# MixFormer-Base: symmetric mixing, one template, no update (Table 5, first row).
_base_ = 'mixformer_cvt21.py'
model = dict(fusion=dict(type='MAM'))
train_dataloader = dict(frames=dict(templates=1))
tracking = dict(templates=dict(_delete_=True, type='FirstOnly'), benchmarks=dict(_delete_=True))
