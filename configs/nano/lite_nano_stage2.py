# The tracker in the box, second stage: the backbone's stages 3 to 5 train too, slowly.
_base_ = 'lite_nano_stage1.py'
stage1 = 'work_dirs/nano/lite_nano_stage1'
model = dict(backbone=dict(frozen_stages=2))
train_dataloader = dict(dataset=dict(samples=41952))
optim_wrapper = dict(optimizer=dict(lr=8.8e-4), paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.02))))
param_scheduler = dict(T_max=5, eta_min=1e-5)
train_cfg = dict(max_epochs=5)
