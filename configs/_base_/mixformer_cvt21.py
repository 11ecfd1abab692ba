# MixFormer's recipe with CvT-21 and its mixed attention; the head is open.
_base_ = 'mixformer.py'
model = dict(
    backbone=dict(type='CvT', arch='cvt21', depths=(1, 4, 16), drop_path=0.1,
                  pretrained='CvT-21-384x384-IN-22k.pth'),
    fusion=dict(type='AsymmetricMAM'))
