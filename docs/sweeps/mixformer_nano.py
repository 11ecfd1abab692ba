"""MixFormer's Tables 4 and 5 at nano scale: vtzoo sweep docs/sweeps/mixformer_nano.py

cvt_nano.pth is a nano CvT that was taught the maps of the backbone of the tracker in the box; the tables' cards say
how. Without such a file, start from nothing with --from-scratch and give each trial some thousand steps.
"""

configs = ['nano/mixformer_nano']
options = {
    'model.crop.template_size': 48, 'model.crop.search_size': 96,
    'model.backbone.pretrained': 'cvt_nano.pth', 'model.fusion.type': 'MAM',
    'train_dataloader.batch_size': 16,
    'train_dataloader.dataset.samples_per_sequence': 2, 'train_dataloader.dataset.frames.gap': 30,
    'train_dataloader.dataset.sets': [
        dict(type='OwnData', folder='video', split='train', ratio=0.45),
        dict(type='OwnData', folder='still', by_image=True, ratio=0.3),
        dict(type='Synthetic', split='train', sequences=2000, ratio=0.25, easy_fraction=0.3)],
    'val_dataloader': None}
rows = {
    'SAM 5, CAM 1': {'model.fusion': dict(
        type='CrossAttention', style='cam', depth=1, dim=128, heads=4, hidden=512)},
    'SAM 5, ECA + CFA 2': {'model.fusion': dict(
        type='CrossAttention', style='transt', depth=2, dim=128, heads=4, hidden=512)},
    'SAM 4, MAM 1': {'model.fusion.blocks': 1},
    'SAM 2, MAM 3': {'model.fusion.blocks': 3},
    'MAM 5': {},
    'MAM 5, query head': {'model.head': dict(type='QueryHead')},
    'asymmetric MAM 5': {'model.fusion.type': 'AsymmetricMAM'}}
seeds = [0, 1, 2]
budget = dict(steps=300)
benchmark, baseline = 'synthetic', 'MAM 5'
