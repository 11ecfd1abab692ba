# MixViT-L, second stage, without half precision.
_base_ = 'mixvit_b_spm.py'
stage1 = 'work_dirs/mixvit_l'
model = dict(crop=dict(template_size=192, search_size=384), backbone=dict(arch='vit_large'))
param_scheduler = dict(milestones=[30])
tracking = dict(
    benchmarks=dict(
        lasot=dict(crop=dict(search_factor=4.55), templates=dict(interval=200, online=2)),
        trackingnet=dict(crop=dict(search_factor=4.6), templates=dict(interval=25, online=2)),
        got10k_test=dict(templates=dict(interval=200, online=2)),
        uav123=dict(crop=dict(search_factor=4.7), templates=dict(interval=25, online=2)),
        otb100=dict(crop=dict(search_factor=4.6), templates=dict(interval=12, online=5)),
        vot2020=dict(templates=dict(interval=10, online=5))))
