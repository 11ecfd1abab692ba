# MixViT (TPAMI 2024), ViT-B pretrained as a masked autoencoder, first stage.
_base_ = '_base_/mixvit_b.py'
model = dict(head=dict(type='CornerHead', channels=384, pyramid=True))
# Intervals of the released yaml file.
tracking = dict(
    ranking=dict(type='Best', margin=10), templates=dict(type='EveryInterval', interval=200),
    benchmarks=dict(
        trackingnet=dict(templates=dict(interval=25)),
        uav123=dict(templates=dict(interval=20)),
        otb100=dict(templates=dict(interval=6)),
        vot2020=dict(templates=dict(interval=6))))
