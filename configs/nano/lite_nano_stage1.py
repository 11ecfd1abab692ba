# The tracker in the box, first stage: head and fusion learn on an ImageNet backbone that stays as it is.
# The data folder holds video/train, video/val, still and tiny-imagenet-200: see the card.
_base_ = 'lite_nano.py'
model = dict(backbone=dict(frozen_stages=5))
train_dataloader = dict(dataset=dict(
    samples=62240,
    sets=[dict(type='OwnData', folder='video', split='train', ratio=0.42),
          dict(type='OwnData', folder='still', by_image=True, ratio=0.28),
          dict(type='TinyImageNet', ratio=0.18),
          dict(type='Synthetic', split='train', sequences=500, ratio=0.12)],
    jitter=dict(template_shift=0.035, template_scale=0.05),
    distractors=dict(type='PastedObjects', p=0.25),
    augmentations=[dict(type='Flip', joint=True), dict(type='Grey', p=0.05, joint=True), dict(type='Colour'),
                   dict(type='Blur'), dict(type='LowResolution'), dict(type='Compression'), dict(type='Noise')]))
val_dataloader = dict(dataset=dict(set=dict(type='OwnData', folder='video', split='val'), sequences=None))
param_scheduler = dict(T_max=1, eta_min=8.8e-4)  # one cosine falls over both stages; this is its beginning
train_cfg = dict(max_epochs=1)
