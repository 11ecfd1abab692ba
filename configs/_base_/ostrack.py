# OSTrack's recipe around any backbone, fusion and head: one template, 300 epochs, rates times 0.1 after 240.
# Four GPUs with 32 pairs each (released experiments/ostrack/vitb_256_mae_*.yaml and lib/config/ostrack/config.py).
_base_ = ['datasets/mixformer.py', 'schedules/mixformer_stage1.py', 'runtime.py']
model = dict(
    type='Tracker', data_preprocessor=dict(type='Preprocessor'),
    crop=dict(type='AreaCrop', template_size=128, search_size=256, template_factor=2.0, search_factor=4.0))
train_dataloader = dict(
    batch_size=32, dataset=dict(frames=dict(templates=1), jitter=dict(scale=0.25, centre=3.0)))
optim_wrapper = dict(optimizer=dict(lr=4e-4))
param_scheduler = dict(milestones=[240])
train_cfg = dict(max_epochs=300)
auto_scale_lr = dict(base_batch_size=128)
