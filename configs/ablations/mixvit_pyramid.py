# MixViT, head: corner maps at stride 4; mixvit_b.
_base_ = '../mixvit_b.py'
