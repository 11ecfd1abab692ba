# OSTrack, joint feature learning in the last 8 of 12 blocks; in those before, every image is alone.
_base_ = '../ostrack_256_noce.py'
model = dict(fusion=dict(blocks=8))
