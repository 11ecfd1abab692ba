"""The same with the score prediction module, online."""
_base_ = 'mixformer_tiny.py'
model = dict(confidence=dict(type='SPM'))
tracking = dict(templates=dict(_delete_=True, type='HighestScore', interval=5, online=1))
