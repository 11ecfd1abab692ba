# A SparseTT for CPUs: Swin of width 32, crops of 63 and 159 pixels. Trains on the embedded set.
_base_ = '../sparsett_swin_t.py'
model = dict(
    crop=dict(template_size=63, search_size=159),
    backbone=dict(arch='nano', drop_path=0.0, pretrained=None),
    fusion=dict(topk=16, dim=128, heads=4, encoder_layers=1, decoder_layers=1, hidden=256, dropout=0.0, positions=12),
    head=dict(width=128, convs=1))
optimizer = dict(lr=1e-3, backbone_lr=1.0, clip_norm=1.0)
train_dataloader = dict(batch_size=64, num_workers=1, samples=64000)
train_cfg = dict(max_epochs=10)
param_scheduler = dict(milestones=[8])
