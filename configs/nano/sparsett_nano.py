# A SparseTT for CPUs: a narrow Swin with windows of 4 cells, crops of 63 and 127 pixels. Trains on the embedded set.
_base_ = '../sparsett_swin_t.py'
model = dict(
    crop=dict(template_size=63, search_size=127, context=0.25),
    backbone=dict(arch='nano', window=4, drop_path=0.0, pretrained=None),
    fusion=dict(topk=16, dim=96, heads=4, encoder_layers=1, decoder_layers=1, hidden=192, dropout=0.0, positions=8),
    head=dict(width=96, convs=1))
optimizer = dict(lr=6e-4, backbone_lr=1.0, clip_norm=1.0)
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=6e-6)
train_cfg = dict(max_epochs=4)
train_dataloader = dict(batch_size=32, num_workers=1, samples=28000, samples_per_sequence=4)
val_dataloader = dict(sequences=20)
ema = 0.99
# From nothing, matching is learnt on easy scenes first; all figures are of scenes of every kind.
embedded = dict(train=dict(easy_fraction=0.7))
# A tracker this unsure must change its size slowly (chosen on 14 validation sequences).
tracking = dict(ranking=dict(penalty=0.3, window=0.25, rate=0.05), benchmarks=dict(_delete_=True))
