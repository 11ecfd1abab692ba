# MixFormer, Table 7, row 3: pretrained on ImageNet-22k, trained on GOT-10k alone; the paper tests it on LaSOT.
# For that: interval and size of the released baseline_got.yaml, search factor of the test script's LaSOT line.
_base_ = '../mixformer_cvt21_got_spm.py'
tracking = dict(benchmarks=dict(lasot=dict(crop=dict(search_factor=4.55), templates=dict(interval=200, online=3))))
