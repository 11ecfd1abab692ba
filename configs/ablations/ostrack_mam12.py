# OSTrack, joint feature learning in all 12 blocks; ostrack_256_noce.
_base_ = '../ostrack_256_noce.py'
