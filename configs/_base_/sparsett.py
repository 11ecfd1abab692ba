# SparseTT's recipe around any backbone, fusion and head.
_base_ = ['datasets/sparsett.py', 'schedules/sparsett_20e.py', 'runtime.py']
model = dict(
    type='Tracker', data_preprocessor=dict(type='Preprocessor'),
    crop=dict(type='ContextCrop', template_size=127, search_size=289, context=0.5))
