# OSTrack's recipe with its ViT-B, joint feature learning and head; who leaves on the way is open.
_base_ = ['ostrack.py', 'tracking/ostrack.py']
model = dict(
    backbone=dict(type='ViT', arch='vit_base', positions='learned', norm=True, drop_path=0.1,
                  pretrained='mae_pretrain_vit_base.pth'),
    fusion=dict(type='MAM'),
    head=dict(type='CenterHead', channels=256))
