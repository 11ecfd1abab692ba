# MixViT trained on GOT-10k alone, as its protocol asks; 15,000 samples an epoch.
_base_ = 'mixvit_b.py'
train_dataloader = dict(dataset=dict(
    samples=15000, judged_by=['got10k/test'], sets=[dict(type='GOT10k', split='train_full', ratio=1)]))
