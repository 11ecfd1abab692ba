# MixFormer, first stage: 500 epochs, rates times 0.1 after 400.
optimizer = dict(lr=1e-4, weight_decay=1e-4, backbone_lr=0.1, clip_norm=0.1)
param_scheduler = dict(type='MultiStepLR', milestones=[400], gamma=0.1)
train_cfg = dict(max_epochs=500, val_interval=5)
