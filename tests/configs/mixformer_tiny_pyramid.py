"""The same with the pyramid corner head."""
_base_ = 'mixformer_tiny.py'
model = dict(head=dict(pyramid=True))
