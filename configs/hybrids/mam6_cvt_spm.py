# MixFormer that mixes in its last six blocks only, with a score prediction module. Unpublished.
_base_ = '../mixformer_cvt21_spm.py'
stage1 = 'work_dirs/ablations/table4_mam6'
model = dict(fusion=dict(blocks=6))
