# OSTrack, pretraining: masked autoencoder on ImageNet-1k; ostrack_256.
_base_ = '../ostrack_256.py'
