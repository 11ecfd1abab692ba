# What every run shares.
seed = 0
log_interval = 50
checkpoint_interval = 1000  # steps
picture_interval = 500  # steps
ema = None  # decay of a running mean of the weights, such as 0.999; the mean is validated and saved
# What is trained and validated on when no data root is named and there is no folder `data`.
embedded = dict(train=dict(type='Synthetic', split='train'), val=dict(type='Synthetic', split='val'))
