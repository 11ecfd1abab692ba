# MixViT, head: corner maps at stride 16.
_base_ = '../mixvit_b.py'
model = dict(head=dict(pyramid=False))
