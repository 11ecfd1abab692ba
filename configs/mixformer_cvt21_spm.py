# MixFormer, second stage: only the score prediction module trains, on the frozen first stage.
_base_ = 'mixformer_cvt21.py'
stage1 = 'work_dirs/mixformer_cvt21'
model = dict(confidence=dict(type='SPM'))
train_dataloader = dict(
    batch_size=32, dataset=dict(frames=dict(type='TridentPro', gap=200, templates=2, positive=0.5)))
auto_scale_lr = dict(base_batch_size=256)
param_scheduler = dict(milestones=[20])
train_cfg = dict(max_epochs=30)
# As run: search factors of the released test script, intervals and sizes of its yaml (200 and 3 where it is silent).
tracking = dict(
    templates=dict(type='HighestScore', interval=200, online=3, threshold=0.5, decay=1.0),
    benchmarks=dict(
        lasot=dict(crop=dict(search_factor=4.55), templates=dict(interval=200, online=2)),
        trackingnet=dict(crop=dict(search_factor=4.5), templates=dict(interval=25, online=1)),
        uav123=dict(crop=dict(search_factor=4.5), templates=dict(interval=200, online=1)),
        otb100=dict(crop=dict(search_factor=4.5), templates=dict(interval=6, online=3)),
        vot2020=dict(templates=dict(interval=10, online=5))))
