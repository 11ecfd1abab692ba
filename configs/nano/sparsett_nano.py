# A SparseTT for CPUs: a narrow Swin with windows of 4 cells, crops of 63 and 127 pixels. Trains on the embedded set.
_base_ = '../_base_/sparsett.py'
model = dict(
    crop=dict(template_size=63, search_size=127, context=0.25),
    backbone=dict(type='Swin', arch='nano', window=4, drop_path=0.0),
    fusion=dict(type='SparseEncoderDecoder', topk=16, dim=96, heads=4, encoder_layers=1, decoder_layers=1, hidden=192,
                dropout=0.0, positions=8),
    head=dict(type='DoubleHead', width=96, convs=1))
optim_wrapper = dict(optimizer=dict(lr=6e-4), clip_grad=dict(max_norm=1.0),
                     paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=1.0))))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=4, eta_min=6e-6, convert_to_iter_based=True)
train_cfg = dict(max_epochs=4)
# From nothing, matching is learnt on easy scenes first; all figures are of scenes of every kind.
train_dataloader = dict(batch_size=32, num_workers=1, dataset=dict(
    samples=28000, samples_per_sequence=4, embedded=dict(easy_fraction=0.7)))
val_dataloader = dict(dataset=dict(sequences=20))
custom_hooks = [dict(type='EMAHook', momentum=0.01)]
# A tracker this unsure must change its size slowly (chosen on 14 validation sequences).
tracking = dict(ranking=dict(type='WindowPenalty', penalty=0.3, window=0.25, rate=0.05))
