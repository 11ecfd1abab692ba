# SparseTT's window and penalty, as released for each benchmark.
tracking = dict(
    ranking=dict(type='WindowPenalty', rate=0.95, window=0.21, penalty=0.04),
    benchmarks=dict(
        uav123=dict(ranking=dict(rate=0.7364, window=0.2398, penalty=0.0734)),
        otb100=dict(ranking=dict(rate=0.626, window=0.2549, penalty=0.053))))
