# MixFormer's recipe around any backbone, fusion and head that gives one box.
_base_ = ['datasets/mixformer.py', 'schedules/mixformer_stage1.py', 'runtime.py']
model = dict(
    type='Tracker', data_preprocessor=dict(type='Preprocessor'),
    crop=dict(type='AreaCrop', template_size=128, search_size=320, template_factor=2.0, search_factor=5.0),
    # CIoU as released; the paper writes GIoU: --cfg-options model.losses.0.type=GIoULoss
    losses=[dict(type='CIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)])
