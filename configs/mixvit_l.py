# MixViT-L: ViT-L, larger crops, its patch embedding and first six blocks frozen; three steps make one update.
# Half precision as released, but in bfloat16, which needs no loss scaling and runs on any device.
_base_ = 'mixvit_b.py'
model = dict(
    crop=dict(template_size=192, search_size=384),
    backbone=dict(arch='vit_large', frozen_blocks=6, pretrained='mae_pretrain_vit_large.pth'))
train_dataloader = dict(batch_size=12)
optim_wrapper = dict(type='BFloat16OptimWrapper', accumulative_counts=3)
auto_scale_lr = dict(base_batch_size=288)
default_hooks = dict(checkpoint=dict(interval=999))  # a multiple of the steps of an update
tracking = dict(benchmarks=dict(
    uav123=dict(templates=dict(interval=25)),
    otb100=dict(templates=dict(interval=12)),
    vot2020=dict(templates=dict(interval=10))))
