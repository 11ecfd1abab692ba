"""The same with two blocks and the plain corner head."""
_base_ = 'mixvit_tiny.py'
model = dict(backbone=dict(depth=2), head=dict(pyramid=False))
