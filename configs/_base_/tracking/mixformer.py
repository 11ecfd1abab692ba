# The released offline tracker: the online template is replaced every interval, whatever its score.
tracking = dict(
    ranking=dict(type='Best', margin=10), templates=dict(type='EveryInterval', interval=200),
    benchmarks=dict(
        trackingnet=dict(templates=dict(interval=25)),
        vot2020=dict(templates=dict(interval=10))))
