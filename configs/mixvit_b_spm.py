# MixViT, second stage: only the score prediction module trains, on the frozen first stage.
_base_ = 'mixvit_b.py'
stage1 = 'work_dirs/mixvit_b'
model = dict(confidence=dict(type='SPM'))
train_dataloader = dict(dataset=dict(frames=dict(type='TridentPro', gap=200, templates=2, positive=0.5)))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
param_scheduler = dict(milestones=[40])
train_cfg = dict(max_epochs=50)
# Search factors of the released test script, intervals and sizes of its yaml; 200 and 2 where it is silent.
tracking = dict(
    templates=dict(type='HighestScore', interval=200, online=2, threshold=0.5, decay=1.0),
    benchmarks=dict(
        lasot=dict(crop=dict(search_factor=5.05), templates=dict(interval=200, online=2)),
        trackingnet=dict(templates=dict(interval=25, online=3)),
        got10k_test=dict(templates=dict(interval=200, online=2)),
        uav123=dict(crop=dict(search_factor=4.7), templates=dict(interval=20, online=3)),
        otb100=dict(crop=dict(search_factor=4.45), templates=dict(interval=6, online=2)),
        vot2020=dict(templates=dict(interval=6, online=5))))
