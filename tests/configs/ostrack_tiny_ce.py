"""The same with candidate elimination in the last three blocks, crops of 128 and 160 pixels."""
_base_ = 'ostrack_tiny.py'
model = dict(crop=dict(template_size=128, search_size=160),
             fusion=dict(elimination=dict(blocks=[1, 2, 3], keep=0.7, start_epoch=20, warm_epochs=80)))
