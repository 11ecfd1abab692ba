"""The goldens' MixFormer: widths 16/48/96, crops of 64 and 160 pixels, offline."""
model = dict(
    type='Tracker',
    crop=dict(type='AreaCrop', template_size=64, search_size=160),
    backbone=dict(type='CvT', arch='tiny'),
    fusion=dict(type='AsymmetricMAM'),
    head=dict(type='CornerHead', channels=32),
    losses=[dict(type='CIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)])
tracking = dict(templates=dict(type='EveryInterval', interval=5))
