# A tracker for CPUs: EfficientNet-Lite0, pixel-wise correlation, separable towers; crops of 81 and 161 pixels.
_base_ = '../sparsett_swin_t.py'
model = dict(
    crop=dict(template_size=81, search_size=161),
    backbone=dict(_delete_=True, type='EfficientNet', stride=8, channels=96,
                  pretrained='timm:tf_efficientnet_lite0.in1k'),
    fusion=dict(_delete_=True, type='PixelCorrelation', cells=11, dim=96),
    head=dict(_delete_=True, type='DenseHead', width=96, depth=3))
optimizer = dict(lr=1e-3, weight_decay=0.05, clip_norm=3.0)
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=1e-5)
train_cfg = dict(max_epochs=4)
train_dataloader = dict(
    batch_size=32, num_workers=1, samples=40000,
    frames=dict(gap=30, open_end=False, negatives=0.08), jitter=dict(shift=0.55))
ema = 0.998
tracking = dict(ranking=dict(penalty=0.1, window=0.3, rate=0.5), benchmarks=dict(_delete_=True))
