# SparseTT's backbone and sparse decoder with the pyramid corner head of MixViT. Unpublished.
_base_ = '../sparsett_swin_t.py'
model = dict(crop=dict(template_size=128, search_size=288), fusion=dict(positions=20),
             head=dict(_delete_=True, type='CornerHead', channels=256, pyramid=True))
# A head of one box cannot be ranked per cell, and learns nothing from negative pairs.
train_dataloader = dict(frames=dict(negatives=0))
tracking = dict(ranking=dict(_delete_=True, type='Best'), benchmarks=None)
