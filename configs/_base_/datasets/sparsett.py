# SparseTT's training data (released experiments/sparsett/train/fulldata). 600,000 pairs an epoch.
# open_end: the released sampler loses the upper bound of the gap; False gives the paper's 100 frames.
_base_ = '../evaluation.py'
train_dataloader = dict(
    batch_size=8, num_workers=8, sampler=dict(type='EpochSampler'), collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='TrainingSamples', samples=600000,
        sets=[dict(type='TrackingNet', split='train', ratio=0.65), dict(type='LaSOT', split='train', ratio=0.3),
              dict(type='GOT10k', split='train', ratio=0.2), dict(type='ImageNetVID', split='trainval', ratio=0.2),
              dict(type='ImageNetDET', split='train_2013', ratio=0.08, by_image=True),
              dict(type='COCO', split='train', ratio=0.07, by_image=True)],
        frames=dict(type='Pair', gap=100, open_end=True, negatives=0.33),
        jitter=dict(type='ContextJitter', scale=0.3, shift=0.4, aspect=10),
        embedded=dict(type='Synthetic', split='train')))  # where no data root is named
