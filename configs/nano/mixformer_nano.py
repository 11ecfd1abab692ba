# A MixFormer for CPUs: CvT of widths 32-64-128, crops of 64 and 128 pixels. Trains on the embedded set.
_base_ = '../mixformer_cvt21.py'
model = dict(
    crop=dict(template_size=64, search_size=128, search_factor=4.0),
    backbone=dict(arch='nano', depths=None, drop_path=0.0, frozen_bn=False, pretrained=None),
    head=dict(channels=64, pyramid=True))
optimizer = dict(lr=1e-3, backbone_lr=1.0)
train_dataloader = dict(batch_size=64, num_workers=1, samples=64000, jitter=dict(scale=0.25, centre=3.0))
train_cfg = dict(max_epochs=10, val_interval=1)
param_scheduler = dict(milestones=[8])
