# MixViT trained on GOT-10k alone, second stage.
_base_ = 'mixvit_b_spm.py'
stage1 = 'work_dirs/mixvit_b_got'
train_dataloader = dict(dataset=dict(
    judged_by=['got10k/test'], sets=[dict(type='GOT10k', split='train_full', ratio=1)]))
tracking = dict(benchmarks=dict(_delete_=True, got10k_test=dict(templates=dict(interval=200, online=2))))
