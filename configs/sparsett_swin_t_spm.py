# SparseTT with MixFormer's score prediction module and online templates (not in either paper).
_base_ = 'sparsett_swin_t.py'
stage1 = 'work_dirs/sparsett_swin_t'
model = dict(confidence=dict(type='SPM'))
train_dataloader = dict(dataset=dict(
    samples=60000, frames=dict(_delete_=True, type='TridentPro', gap=200, templates=2, positive=0.5)))
param_scheduler = dict(milestones=[30])
train_cfg = dict(max_epochs=40)
tracking = dict(templates=dict(type='HighestScore', interval=25, online=1))
