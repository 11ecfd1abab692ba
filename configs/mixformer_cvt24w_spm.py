# MixFormer-L, second stage.
_base_ = 'mixformer_cvt21_spm.py'
stage1 = 'work_dirs/mixformer_cvt24w'
model = dict(backbone=dict(arch='cvt24w', depths=(2, 2, 12), drop_path=0.3))
train_dataloader = dict(batch_size=16)
auto_scale_lr = dict(base_batch_size=128)
param_scheduler = dict(milestones=[30])
train_cfg = dict(max_epochs=40)
tracking = dict(
    benchmarks=dict(
        lasot=dict(crop=dict(search_factor=4.55), templates=dict(interval=200, online=2)),
        trackingnet=dict(crop=dict(search_factor=4.5), templates=dict(interval=25, online=3, decay=0.98)),
        uav123=dict(crop=dict(search_factor=4.5), templates=dict(interval=25, online=3)),
        otb100=dict(crop=dict(search_factor=4.55), templates=dict(interval=6, online=2)),
        got10k_test=dict(templates=dict(interval=200, online=2)),
        vot2020=dict(templates=dict(interval=10, online=5))))
