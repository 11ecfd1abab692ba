# An OSTrack for CPUs: a narrow ViT of four blocks, crops of 64 and 128 pixels. Trains on the embedded set.
_base_ = '../_base_/ostrack.py'
model = dict(
    crop=dict(template_size=64, search_size=128, template_factor=1.6, search_factor=3.2),
    backbone=dict(type='ViT', arch='nano', positions='learned', norm=True, scaled_init=True),
    fusion=dict(type='MAM'),
    head=dict(type='CenterHead', channels=64))
optim_wrapper = dict(optimizer=dict(lr=6e-4), clip_grad=dict(max_norm=1.0),
                     paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=1.0))))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=6e-6, convert_to_iter_based=True)
train_cfg = dict(max_epochs=4, val_interval=1)
auto_scale_lr = dict(base_batch_size=32)
# From nothing, matching is learnt on easy scenes first; all figures are of scenes of every kind.
train_dataloader = dict(num_workers=1, dataset=dict(
    samples=30000, samples_per_sequence=2, frames=dict(gap=60), jitter=dict(centre=2.0, scale=0.5),
    embedded=dict(easy_fraction=0.7)))
val_dataloader = dict(dataset=dict(sequences=20))
custom_hooks = [dict(type='EMAHook', momentum=0.01)]
# A tracker this unsure must change its size slowly.
tracking = dict(ranking=dict(type='HannWindow', margin=10, rate=0.1))
