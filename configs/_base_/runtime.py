# What every run shares. All keys are mmengine's, but `tracking` and `stage1` of some configs.
default_scope = 'vtzoo'
custom_imports = dict(imports=['vtzoo.registry'])
work_dir = 'work_dirs/run'  # `vtzoo train NAME` writes to work_dirs/NAME
randomness = dict(seed=0)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=50),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1000, max_keep_ckpts=2, save_best='auto',
                    rule='greater', backend_args=dict(backend='vtzoo_atomic')),
    # What this project guarantees: exact resume, plain checkpoints, a folder for one run, known first weights.
    step_seed=dict(type='StepSeed'), plain=dict(type='PlainCheckpoints'), folder=dict(type='RunFolder'),
    weights=dict(type='InitialWeights'), elimination=dict(type='EliminationSchedule'),
    pictures=dict(type='Pictures', interval=500))
custom_hooks = []
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')])
log_processor = dict(type='LogProcessor', by_epoch=True)
log_level = 'INFO'
env_cfg = dict(mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0), dist_cfg=dict(backend='nccl'))
model_wrapper_cfg = dict(type='vtzoo.AnyDeviceDDP')  # mmengine looks it up by its scope
load_from, resume, launcher = None, False, 'none'
