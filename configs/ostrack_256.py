# OSTrack-256 (ECCV 2022): ViT-B, joint feature learning, candidate elimination.
_base_ = '_base_/ostrack_vit_b.py'
model = dict(fusion=dict(elimination=dict(blocks=[3, 6, 9], keep=0.7, start_epoch=20, warm_epochs=80)))
