# MixFormer's CvT-21, every template and the search region seeing one another, with OSTrack's head. Unpublished.
_base_ = ['../_base_/ostrack.py', '../_base_/tracking/ostrack.py']
model = dict(
    backbone=dict(type='CvT', arch='cvt21', depths=(1, 4, 16), drop_path=0.1, pretrained='CvT-21-384x384-IN-22k.pth'),
    fusion=dict(type='MAM'),
    head=dict(type='CenterHead', channels=256))
