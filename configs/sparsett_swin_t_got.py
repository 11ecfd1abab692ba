# SparseTT trained on GOT-10k alone, as its protocol asks. Trained on 2 GPUs with 16 pairs each.
_base_ = 'sparsett_swin_t.py'
train_dataloader = dict(batch_size=16, dataset=dict(
    samples=300000, judged_by=['got10k/test'], sets=[dict(type='GOT10k', split='train', ratio=1)]))
