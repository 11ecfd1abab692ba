"""The same with three blocks of width 64 and the score prediction module, online."""
_base_ = 'mixvit_tiny.py'
model = dict(backbone=dict(width=64, depth=3, heads=4), confidence=dict(type='SPM'))
tracking = dict(templates=dict(_delete_=True, type='HighestScore', interval=5, online=1))
