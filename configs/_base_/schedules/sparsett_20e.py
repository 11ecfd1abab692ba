# SparseTT: AdamW, 20 epochs, rates times 0.1 after 10 and 15; no gradient clipping. 32 pairs over all GPUs.
optim_wrapper = dict(
    type='FiniteOptimWrapper', constructor='GroupedConstructor',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
param_scheduler = dict(type='MultiStepLR', milestones=[10, 15], gamma=0.1, convert_to_iter_based=True)
train_cfg = dict(type='TrainLoop', max_epochs=20)
auto_scale_lr = dict(enable=False, base_batch_size=32)
