# A MixFormer for CPUs: a narrow CvT, crops of 64 and 128 pixels, one template. Trains on the embedded set.
_base_ = '../_base_/mixformer_cvt21.py'
model = dict(
    crop=dict(template_size=64, search_size=128, template_factor=1.6, search_factor=3.2),
    backbone=dict(arch='nano', depths=None, drop_path=0.0, scaled_init=True, pretrained=None),
    head=dict(type='CornerHead', channels=64, pyramid=True))
optim_wrapper = dict(optimizer=dict(lr=6e-4), clip_grad=dict(max_norm=1.0),
                     paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=1.0))))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=6e-6, convert_to_iter_based=True)
train_cfg = dict(max_epochs=4, val_interval=1)
auto_scale_lr = dict(base_batch_size=32)
# From nothing, matching is learnt on easy scenes first; all figures are of scenes of every kind.
train_dataloader = dict(batch_size=32, num_workers=1, dataset=dict(
    samples=30000, samples_per_sequence=2, frames=dict(gap=60, templates=1), jitter=dict(centre=2.0),
    embedded=dict(easy_fraction=0.7)))
val_dataloader = dict(dataset=dict(sequences=20))
custom_hooks = [dict(type='EMAHook', momentum=0.01)]
# A tracker this unsure must change its size slowly (chosen on 30 validation sequences).
tracking = dict(ranking=dict(type='Best', margin=10, rate=0.1), templates=dict(type='FirstOnly'))
