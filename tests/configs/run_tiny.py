"""A run of seconds: two epochs of six steps on the embedded set, with everything random switched on."""
_base_ = ['mixformer_tiny.py', '../../configs/_base_/evaluation.py', '../../configs/_base_/runtime.py']
model = dict(crop=dict(template_size=32, search_size=64),
             backbone=dict(depths=(1, 1, 2), drop_path=0.3),
             fusion=dict(_delete_=True, type='SparseEncoderDecoder', topk=4, dim=32, heads=2, hidden=32, dropout=0.2),
             head=dict(_delete_=True, type='DoubleHead', width=16, convs=1), losses=None)
optim_wrapper = dict(
    type='FiniteOptimWrapper', constructor='GroupedConstructor',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4), clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
param_scheduler = dict(type='MultiStepLR', milestones=[1], gamma=0.1, convert_to_iter_based=True)
train_cfg = dict(type='TrainLoop', max_epochs=2)
train_dataloader = dict(
    batch_size=4, num_workers=0, sampler=dict(type='EpochSampler'), collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='TrainingSamples', samples=24, sets=[dict(type='GOT10k', split='train', ratio=1)],
        frames=dict(type='Pair', gap=20, negatives=0.33),
        jitter=dict(type='AreaJitter', scale=0.25, centre=2.0), augmentations=[dict(type='Flip')],
        embedded=dict(type='Synthetic', split='train', length=12, size=(96, 72))))
val_dataloader = dict(dataset=dict(
    sequences=2, embedded=dict(type='Synthetic', split='val', length=8, size=(96, 72))))
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2), pictures=dict(interval=4))
