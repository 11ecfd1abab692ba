# OSTrack, who ranks the tokens: the four central template cells.
_base_ = '../ostrack_256.py'
model = dict(fusion=dict(elimination=dict(template_range='CTR_REC')))
