# OSTrack, who ranks the tokens: all template cells.
_base_ = '../ostrack_256.py'
model = dict(fusion=dict(elimination=dict(template_range='ALL')))
