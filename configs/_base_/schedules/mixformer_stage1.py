# MixFormer, first stage: AdamW, 500 epochs, rates times 0.1 after 400. Eight GPUs with 8 samples each.
optim_wrapper = dict(
    type='FiniteOptimWrapper', constructor='GroupedConstructor',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-4), clip_grad=dict(max_norm=0.1),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
param_scheduler = dict(type='MultiStepLR', milestones=[400], gamma=0.1, convert_to_iter_based=True)
train_cfg = dict(type='TrainLoop', max_epochs=500, val_interval=5)
auto_scale_lr = dict(enable=False, base_batch_size=64)
