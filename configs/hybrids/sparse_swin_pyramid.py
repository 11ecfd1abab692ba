# SparseTT's backbone and sparse decoder with the pyramid corner head of MixViT. Unpublished.
_base_ = '../_base_/sparsett.py'
model = dict(
    crop=dict(template_size=128, search_size=288),
    backbone=dict(type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='SparseEncoderDecoder', topk=32, dim=256, heads=8, encoder_layers=2, decoder_layers=2,
                hidden=2048, dropout=0.1, positions=20),
    head=dict(type='CornerHead', channels=256, pyramid=True))
# A head of one box cannot be ranked per cell, and learns nothing from negative pairs.
train_dataloader = dict(dataset=dict(frames=dict(negatives=0)))
tracking = dict(ranking=dict(type='Best'))
