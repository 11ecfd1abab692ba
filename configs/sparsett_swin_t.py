# SparseTT (IJCAI 2022), Swin-T, all training data. Trained on 4 GPUs with 8 pairs each.
_base_ = ['_base_/datasets/sparsett.py', '_base_/schedules/sparsett_20e.py', '_base_/runtime.py']
model = dict(
    type='Tracker',
    crop=dict(type='ContextCrop', template_size=127, search_size=289, context=0.5),
    backbone=dict(type='Swin', arch='swin_tiny', drop_path=0.2,
                  pretrained='timm:swin_tiny_patch4_window7_224.ms_in1k'),
    fusion=dict(type='SparseEncoderDecoder', topk=32, dim=256, heads=8, encoder_layers=2, decoder_layers=2,
                hidden=2048, dropout=0.1, positions=(8, 19)),
    head=dict(type='DoubleHead', width=1024, convs=7))
tracking = dict(
    ranking=dict(type='WindowPenalty', rate=0.95, window=0.21, penalty=0.04),
    benchmarks=dict(
        uav123=dict(ranking=dict(rate=0.7364, window=0.2398, penalty=0.0734)),
        otb100=dict(ranking=dict(rate=0.626, window=0.2549, penalty=0.053))))
