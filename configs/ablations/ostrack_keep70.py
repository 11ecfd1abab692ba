# OSTrack, elimination ratio: each of the three eliminations keeps 0.7 of the tokens; ostrack_256.
_base_ = '../ostrack_256.py'
