"""The goldens' MixViT: four blocks of width 48, crops of 64 and 128 pixels, offline."""
model = dict(
    type='Tracker',
    crop=dict(type='AreaCrop', template_size=64, search_size=128, template_factor=2.0, search_factor=4.5),
    backbone=dict(type='ViT', arch='tiny'),
    fusion=dict(type='AsymmetricMAM'),
    head=dict(type='CornerHead', channels=32, pyramid=True),
    losses=[dict(type='CIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)])
tracking = dict(templates=dict(type='EveryInterval', interval=5))
