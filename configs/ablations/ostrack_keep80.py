# OSTrack, elimination ratio: each of the three eliminations keeps 0.8 of the tokens.
_base_ = '../ostrack_256.py'
model = dict(fusion=dict(elimination=dict(keep=0.8)))
