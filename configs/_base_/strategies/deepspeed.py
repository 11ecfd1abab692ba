# DeepSpeed's ZeRO, stage 2 (pip install deepspeed): _base_ = ['mixformer_cvt24w.py', '_base_/strategies/deepspeed.py'].
# DeepSpeed clips gradients itself, and saves its checkpoints as folders.
runner_type = 'FlexibleRunner'
strategy = dict(type='DeepSpeedStrategy', bf16=dict(enabled=True), gradient_clipping=0.1,
                zero_optimization=dict(stage=2, overlap_comm=True))
optim_wrapper = dict(type='DeepSpeedOptimWrapper', clip_grad=None)
