# Parameters, gradients and optimiser states shared out over the GPUs (ZeRO), for models that outgrow one:
# _base_ = ['mixformer_cvt24w.py', '_base_/strategies/fsdp.py']. The model is wrapped as one, see AnyDeviceFSDP.
runner_type = 'FlexibleRunner'
strategy = dict(type='FSDPStrategy', state_dict_cfg='full',  # checkpoints are files, as without it
                model_wrapper=dict(type='AnyDeviceFSDP', sharding_strategy='FULL_SHARD'))
