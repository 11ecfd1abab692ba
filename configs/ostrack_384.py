# OSTrack-384: larger crops, a wider search region.
_base_ = 'ostrack_256.py'
model = dict(crop=dict(template_size=192, search_size=384, search_factor=5.0))
train_dataloader = dict(dataset=dict(jitter=dict(scale=0.5, centre=4.5)))
