# A tracker for CPUs: EfficientNet-Lite0, pixel-wise correlation, separable towers; crops of 81 and 161 pixels.
_base_ = '../_base_/sparsett.py'
model = dict(
    crop=dict(template_size=81, search_size=161),
    backbone=dict(type='EfficientNet', stride=8, channels=96, pretrained='timm:tf_efficientnet_lite0.in1k'),
    fusion=dict(type='PixelCorrelation', cells=11, dim=96),
    head=dict(type='DenseHead', width=96, depth=3))
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.05), clip_grad=dict(max_norm=3.0))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=1e-5, convert_to_iter_based=True)
train_cfg = dict(max_epochs=4)
train_dataloader = dict(batch_size=32, num_workers=1, dataset=dict(
    samples=40000, frames=dict(gap=30, open_end=False, negatives=0.08), jitter=dict(shift=0.55)))
custom_hooks = [dict(type='EMAHook', momentum=0.002)]
# Chosen on 18 validation sequences: see the card.
tracking = dict(
    ranking=dict(type='WindowPenalty', penalty=0.15, window=0.3, rate=0.7),
    lost_threshold=0.15, recovery=dict(growth=1.1))
