# MixFormer trained on GOT-10k alone, as its protocol asks.
_base_ = 'mixformer_cvt21.py'
train_dataloader = dict(batch_size=32, dataset=dict(
    judged_by=['got10k/test'], sets=[dict(type='GOT10k', split='train_full', ratio=1)]))
auto_scale_lr = dict(base_batch_size=256)
