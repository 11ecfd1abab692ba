# MixViT, who sees whom: templates see templates only; mixvit_b.
_base_ = '../mixvit_b.py'
