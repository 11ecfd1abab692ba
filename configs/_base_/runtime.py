# What every run shares.
seed = 0
log_interval = 50
checkpoint_interval = 1000  # steps
picture_interval = 500  # steps
