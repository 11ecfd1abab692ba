"""The goldens' SparseTT: Swin of width 24, 64-channel neck, 19x19 scores."""
model = dict(
    type='Tracker',
    crop=dict(type='ContextCrop', template_size=127, search_size=289),
    backbone=dict(type='Swin', arch='tiny'),
    fusion=dict(type='SparseEncoderDecoder', topk=8, dim=64, heads=4, hidden=128, positions=(8, 19), dropout=0.0),
    head=dict(type='DoubleHead', width=64, convs=2))
tracking = dict(ranking=dict(type='WindowPenalty', penalty=0.04, window=0.21, rate=0.95))
