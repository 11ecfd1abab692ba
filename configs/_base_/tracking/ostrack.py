# The released tracker, the same for every benchmark: the first template, a Hann window over the scores.
tracking = dict(ranking=dict(type='HannWindow', margin=10), templates=dict(type='FirstOnly'))
