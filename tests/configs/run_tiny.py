"""A run of seconds: two epochs of six steps on the embedded set, with everything random switched on."""
_base_ = ['mixformer_tiny.py', '../../configs/_base_/runtime.py']
model = dict(crop=dict(template_size=32, search_size=64),
             backbone=dict(depths=(1, 1, 2), drop_path=0.3),
             fusion=dict(_delete_=True, type='SparseEncoderDecoder', topk=4, dim=32, heads=2, hidden=32, dropout=0.2),
             head=dict(_delete_=True, type='DoubleHead', width=16, convs=1), losses=None)
optimizer = dict(lr=1e-3, weight_decay=1e-4, backbone_lr=0.1, clip_norm=1.0)
param_scheduler = dict(type='MultiStepLR', milestones=[1], gamma=0.1)
train_cfg = dict(max_epochs=2, val_interval=1)
train_dataloader = dict(
    batch_size=4, num_workers=0, samples=24, sets=[dict(type='GOT10k', split='train', ratio=1)],
    frames=dict(type='Pair', gap=20, negatives=0.33),
    jitter=dict(type='AreaJitter', scale=0.25, centre=2.0), augmentations=[dict(type='Flip')])
val_dataloader = dict(set=dict(type='GOT10k', split='val'), sequences=2)
log_interval = 1
checkpoint_interval = 2
picture_interval = 4
embedded = dict(train=dict(length=12, size=(96, 72)), val=dict(length=8, size=(96, 72)))
