# SparseTT (IJCAI 2022), Swin-T, all training data. Trained on 4 GPUs with 8 pairs each.
_base_ = ['_base_/sparsett.py', '_base_/tracking/sparsett.py']
model = dict(
    backbone=dict(type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='SparseEncoderDecoder', topk=32, dim=256, heads=8, encoder_layers=2, decoder_layers=2,
                hidden=2048, dropout=0.1, positions=(8, 19)),
    head=dict(type='DoubleHead', width=1024, convs=7))
