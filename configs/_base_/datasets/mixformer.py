# MixFormer's training data (released experiments/mixformer_cvt/*.yaml and lib/train/base_functions.py).
# Two templates, static and online; 60,000 samples an epoch over all processes.
_base_ = '../evaluation.py'
train_dataloader = dict(
    batch_size=8, num_workers=8, sampler=dict(type='EpochSampler'), collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='TrainingSamples', samples=60000,
        sets=[dict(type='GOT10k', split='vottrain', ratio=1), dict(type='LaSOT', split='train', ratio=1),
              dict(type='COCO', split='train', ratio=1), dict(type='TrackingNet', split='train', ratio=1)],
        frames=dict(type='Causal', gap=200, templates=2),
        jitter=dict(type='AreaJitter', scale=0.5, centre=4.5),
        augmentations=[dict(type='Grey', p=0.05, joint=True), dict(type='Flip', p=0.5, joint=True),
                       dict(type='Brightness', jitter=0.2), dict(type='Flip', p=0.5)],
        embedded=dict(type='Synthetic', split='train')))  # where no data root is named
