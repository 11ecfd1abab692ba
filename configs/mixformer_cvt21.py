# MixFormer (CVPR 2022), CvT-21 pretrained on ImageNet-22k, first stage.
_base_ = ['_base_/datasets/mixformer.py', '_base_/schedules/mixformer_stage1.py', '_base_/runtime.py']
model = dict(
    type='Tracker',
    crop=dict(type='AreaCrop', template_size=128, search_size=320, template_factor=2.0, search_factor=5.0),
    backbone=dict(type='CvT', arch='cvt21', depths=(1, 4, 16), drop_path=0.1,
                  pretrained='CvT-21-384x384-IN-22k.pth'),
    fusion=dict(type='AsymmetricMAM'),
    head=dict(type='CornerHead', channels=384),
    # CIoU as released; the paper writes GIoU: --cfg-options model.losses.0.type=GIoULoss
    losses=[dict(type='CIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)])
# The released offline tracker: the online template is replaced every interval, whatever its score.
tracking = dict(
    ranking=dict(type='Best', margin=10), templates=dict(type='EveryInterval', interval=200),
    benchmarks=dict(
        trackingnet=dict(templates=dict(interval=25)),
        vot2020=dict(templates=dict(interval=10))))
