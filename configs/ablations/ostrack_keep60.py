# OSTrack, elimination ratio: each of the three eliminations keeps 0.6 of the tokens.
_base_ = '../ostrack_256.py'
model = dict(fusion=dict(elimination=dict(keep=0.6)))
