# SparseTT: 20 epochs, rates times 0.1 after 10 and 15; no gradient clipping.
optimizer = dict(lr=1e-4, weight_decay=1e-4, backbone_lr=0.1)
param_scheduler = dict(type='MultiStepLR', milestones=[10, 15], gamma=0.1)
train_cfg = dict(max_epochs=20, val_interval=1)
