"""SparseTT's studies of K and of the head at nano scale: vtzoo sweep docs/sweeps/sparsett_nano.py

All rows stand on the frozen backbone of the tracker in the box, so 300 steps are enough to see large differences.
"""

configs = ['nano/sparsett_nano']
options = {
    'model.crop.template_size': 49, 'model.crop.search_size': 97,
    'model.backbone': dict(type='EfficientNet', stride=8, channels=96, pretrained='shipped:nano/lite_nano'),
    'model.frozen': ['backbone'],
    'model.fusion.topk': 32, 'model.fusion.positions': [7, 13],  # of 7 x 7 template and 13 x 13 search cells
    'train_dataloader.batch_size': 16,
    'train_dataloader.dataset.samples_per_sequence': 2, 'train_dataloader.dataset.frames.gap': 30,
    'train_dataloader.dataset.sets': [
        dict(type='OwnData', folder='video', split='train', ratio=0.45),
        dict(type='OwnData', folder='still', by_image=True, ratio=0.3),
        dict(type='Synthetic', split='train', sequences=2000, ratio=0.25, easy_fraction=0.3)],
    'val_dataloader': None}
rows = {
    'K = 32': {},
    'K = 8': {'model.fusion.topk': 8},
    'dense': {'model.fusion.topk': None},
    'fc branch alone': {'model.head.branches': ('fc',)},
    'conv branch alone': {'model.head.branches': ('conv',)}}
seeds = [0, 1, 2]
budget = dict(steps=300)
benchmark, baseline = 'synthetic', 'K = 32'
