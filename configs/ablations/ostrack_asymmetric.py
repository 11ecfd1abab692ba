# OSTrack, joint feature learning in one direction: templates do not see the search region.
_base_ = '../ostrack_256_noce.py'
model = dict(fusion=dict(type='AsymmetricMAM'))
