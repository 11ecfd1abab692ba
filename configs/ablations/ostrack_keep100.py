# OSTrack, elimination ratio: all tokens are kept; ostrack_256_noce.
_base_ = '../ostrack_256_noce.py'
