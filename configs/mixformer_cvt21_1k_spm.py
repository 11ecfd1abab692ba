# MixFormer-1k, second stage.
_base_ = 'mixformer_cvt21_spm.py'
stage1 = 'work_dirs/mixformer_cvt21_1k'
param_scheduler = dict(milestones=[30])
train_cfg = dict(max_epochs=40)
tracking = dict(
    benchmarks=dict(
        lasot=dict(crop=dict(search_factor=4.5), templates=dict(interval=200, online=3)),
        trackingnet=dict(crop=dict(search_factor=4.5), templates=dict(interval=25, online=3)),
        uav123=dict(crop=dict(search_factor=4.55), templates=dict(interval=200, online=3)),
        otb100=dict(crop=dict(search_factor=4.5), templates=dict(interval=6, online=2)),
        got10k_test=dict(crop=dict(search_factor=4.55), templates=dict(interval=10, online=3)),
        vot2020=dict(templates=dict(interval=7, online=5))))
