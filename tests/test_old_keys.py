"""Configs and overrides of version 0.1 mean what they meant, and say how they are written now."""

import warnings

import pytest

import vtzoo
from vtzoo.config import find_config, override

OLD = '''
_base_ = {base!r}
optimizer = dict(lr=2e-4, weight_decay=1e-3, backbone_lr=0.5, clip_norm=0.3, accumulate=2)
seed = 7
log_interval = 5
checkpoint_interval = 20
picture_interval = 40
ema = 0.99
train_dataloader = dict(row=3, exact=True, samples=100, frames=dict(_delete_=True, type='Pair', gap=10),
                        sets=[dict(type='Synthetic')])
val_dataloader = dict(set=dict(type='LaSOT', split='test'), sequences=3)
embedded = dict(train=dict(clear=0.5), val=dict(length=9))
'''


def test_a_child_of_0_1(tmp_path):
    path = tmp_path / 'old.py'
    path.write_text(OLD.format(base=str(find_config('mixformer_cvt21'))))
    with pytest.warns(FutureWarning, match=r'optimizer\.lr is now optim_wrapper\.optimizer\.lr, .*seed is now randomn'):
        cfg = vtzoo.load_config(path)
    wrapper, data = cfg.optim_wrapper, cfg.train_dataloader.dataset
    assert wrapper.optimizer == dict(type='AdamW', lr=2e-4, weight_decay=1e-3)
    assert wrapper.paramwise_cfg.custom_keys.backbone.lr_mult == 0.5
    assert (wrapper.clip_grad.max_norm, wrapper.accumulative_counts) == (0.3, 2)
    assert cfg.randomness.seed == 7
    hooks = cfg.default_hooks
    assert (hooks.logger.interval, hooks.checkpoint.interval, hooks.pictures.interval) == (5, 20, 40)
    assert cfg.custom_hooks == [dict(type='EMAHook', momentum=0.01)]
    assert (data.samples_per_sequence, data.full_decode, data.samples) == (3, True, 100)
    assert data.frames == dict(type='Pair', gap=10)
    assert data.sets == [dict(type='Synthetic')]
    assert data.embedded == dict(type='Synthetic', split='train', easy_fraction=0.5)
    judged = cfg.val_dataloader.dataset
    assert (judged.set, judged.sequences, judged.embedded.length) == (dict(type='LaSOT', split='test'), 3, 9)
    assert not {'optimizer', 'embedded', 'seed', 'ema', 'log_interval'} & set(cfg)


def test_a_config_of_0_1_without_our_bases(tmp_path):
    path = tmp_path / 'old.py'
    path.write_text('''
model = dict(backbone=dict(type='CvT', arch='tiny'))
optimizer = dict(lr=1e-4, weight_decay=1e-4)
train_cfg = dict(max_epochs=2)
train_dataloader = dict(batch_size=2, samples=8, sets=[dict(type='GOT10k')])
''')
    with pytest.warns(FutureWarning):
        cfg = vtzoo.load_config(path)
    assert cfg.optim_wrapper.constructor == 'GroupedConstructor'
    assert cfg.optim_wrapper.paramwise_cfg.custom_keys.backbone.lr_mult == 0.1
    assert cfg.train_cfg.type == 'TrainLoop'
    assert cfg.train_dataloader.dataset.type == 'TrainingSamples'
    assert cfg.train_dataloader.sampler.type == 'EpochSampler'


def test_overrides_of_0_1():
    with pytest.warns(FutureWarning, match=r'train_dataloader\.samples is now train_dataloader\.dataset\.samples'):
        cfg = vtzoo.load_config('nano/mixformer_nano', {
            'optimizer.lr': 1e-3, 'train_dataloader.samples': 64, 'train_dataloader.frames.gap': 5, 'ema': None,
            'embedded.train.clear': 0.2, 'optimizer.amp': 'bfloat16', 'optimizer.clip_norm': None})
    assert cfg.optim_wrapper.optimizer.lr == 1e-3
    assert cfg.optim_wrapper.optimizer.weight_decay == 1e-4
    assert cfg.optim_wrapper.type == 'BFloat16OptimWrapper'
    assert cfg.optim_wrapper.clip_grad is None
    assert cfg.train_dataloader.dataset.samples == 64
    assert cfg.train_dataloader.dataset.frames == dict(type='Causal', gap=5, templates=1)
    assert cfg.train_dataloader.dataset.embedded.easy_fraction == 0.2
    assert cfg.custom_hooks == []


def test_what_0_1_did_not_know():
    cfg = vtzoo.load_config('mixformer_cvt21')
    with pytest.raises(ValueError, match="optimizer takes no 'momentum'; write optim_wrapper as mmengine has it"):
        override(cfg, {'optimizer.momentum': 0.9})
    with pytest.raises(ValueError, match='ema is a decay below 1'):
        override(cfg, {'ema': 2})


def test_the_zoo_needs_no_translation():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for name in vtzoo.list_models():
            vtzoo.load_config(name)


def test_a_new_type_keeps_what_belongs_to_the_run():
    cfg = vtzoo.load_config('mixformer_cvt21', {'optim_wrapper.type': 'BFloat16OptimWrapper'})
    assert cfg.optim_wrapper.optimizer.lr == 1e-4
    none = vtzoo.load_config('mixformer_cvt21', {'val_dataloader': None})
    assert none.val_cfg is None
    assert none.val_evaluator is None
