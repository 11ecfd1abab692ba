# MixViT, where images meet: in the last 6 of 12 blocks.
_base_ = '../mixvit_b.py'
model = dict(fusion=dict(blocks=6))
