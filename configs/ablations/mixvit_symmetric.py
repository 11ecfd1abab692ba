# MixViT, who sees whom: templates see the search region, too.
_base_ = '../mixvit_b.py'
model = dict(fusion=dict(type='MAM'))
