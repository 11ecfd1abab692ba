# OSTrack-256 trained on GOT-10k alone, as its protocol asks: 100 epochs.
_base_ = 'ostrack_256.py'
model = dict(fusion=dict(elimination=dict(warm_epochs=50)))
train_dataloader = dict(dataset=dict(
    judged_by=['got10k/test'], sets=[dict(type='GOT10k', split='train_full', ratio=1)]))
param_scheduler = dict(milestones=[80])
train_cfg = dict(max_epochs=100)
