# Validation and testing by tracking whole sequences; figures are those of the named protocols.
val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(type='EvaluationSequences', set=dict(type='GOT10k', split='val'), sequences=50,
                 embedded=dict(type='Synthetic', split='val')))
val_evaluator = dict(type='TrackingMetric', protocol='got10k')
val_cfg = dict(type='TrackingLoop')
test_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(type='EvaluationSequences', set=dict(type='LaSOT', split='test'),
                 embedded=dict(type='Synthetic', split='test')))
test_evaluator = dict(type='TrackingMetric', protocol='lasot')
test_cfg = dict(type='TrackingTestLoop', benchmark='lasot')
