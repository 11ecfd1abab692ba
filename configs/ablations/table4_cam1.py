# MixFormer, Table 4, row 1: 21 self-attention blocks (SAM), then one cross-attention block (CAM).
# The paper does not give CAM's width: here it is that of CvT's last stage.
_base_ = '../mixformer_cvt21_base.py'
model = dict(fusion=dict(type='CrossAttention', style='cam', depth=1, dim=384, heads=6, hidden=1536))
