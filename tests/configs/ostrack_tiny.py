"""The goldens' OSTrack: four blocks of width 48, crops of 64 and 128 pixels, no elimination."""
model = dict(
    type='Tracker',
    crop=dict(type='AreaCrop', template_size=64, search_size=128, template_factor=2.0, search_factor=4.0),
    backbone=dict(type='ViT', arch='tiny', positions='learned', norm=True),
    fusion=dict(type='MAM'),
    head=dict(type='CenterHead', channels=32))
tracking = dict(ranking=dict(type='HannWindow'))
