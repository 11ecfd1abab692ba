# OSTrack, pretraining: none.
_base_ = '../ostrack_256.py'
model = dict(backbone=dict(pretrained=None))
