"""MixFormer's Table 6 on the tracker in the box, whose score prediction module is trained for it:
vtzoo sweep docs/sweeps/mixformer_table6_nano.py

The row with the module has three seeds. The other two rows train nothing: `vtzoo test nano/lite_nano shipped` is the
first; the second is the same with EveryInterval(interval=20) as tracking.templates of a child config.
"""

configs = ['nano/lite_nano']
options = {
    'stage1': 'lite_nano.safetensors',  # vtzoo.load_tracker() keeps it in vtzoo/weights
    'model.confidence': dict(type='SPM'),
    'train_dataloader.batch_size': 16,
    'train_dataloader.dataset.frames': dict(type='TridentPro', gap=30, templates=2, positive=0.5),
    'train_dataloader.dataset.sets': [
        dict(type='OwnData', folder='video', split='train', ratio=0.6),
        dict(type='Synthetic', split='train', sequences=2000, ratio=0.4, easy_fraction=0.3)],
    'val_dataloader': None}
rows = {'with SPM': {'tracking.templates': dict(type='HighestScore', interval=20)}}
seeds = [0, 1, 2]
budget = dict(steps=300)
benchmark = 'synthetic'
