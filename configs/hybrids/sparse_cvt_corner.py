# CvT-21 as a Siamese backbone, SparseTT's sparse decoder, MixFormer's corner head. Unpublished.
_base_ = '../mixformer_cvt21.py'
model = dict(fusion=dict(type='SparseEncoderDecoder', topk=32, dim=256), head=dict(channels=256))
