# MixViT's backbone and mixing with SparseTT's double head: scores without a second stage. Unpublished.
_base_ = '../_base_/mixvit_b.py'
model = dict(head=dict(type='DoubleHead', width=512, convs=4), losses=None)
# A double head wants negative pairs to learn what a low score is.
train_dataloader = dict(dataset=dict(frames=dict(type='Pair', gap=100, negatives=0.33, templates=2)))
tracking = dict(
    ranking=dict(type='WindowPenalty', rate=0.95, window=0.21, penalty=0.04),
    templates=dict(type='EveryInterval', interval=200))
