"""Keys of configs of version 0.1, translated to mmengine's, with a warning that shows the new form.

Kept for one version.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmengine.config import Config

DATASET = ('sets', 'skip', 'judged_by', 'allow', 'samples', 'frames', 'jitter', 'augmentations', 'full_decode',
           'samples_per_sequence', 'bad_share')
MOVED = {
    'optimizer.lr': 'optim_wrapper.optimizer.lr',
    'optimizer.weight_decay': 'optim_wrapper.optimizer.weight_decay',
    'optimizer.backbone_lr': 'optim_wrapper.paramwise_cfg.custom_keys.backbone.lr_mult',
    'optimizer.clip_norm': 'optim_wrapper.clip_grad.max_norm',
    'optimizer.accumulate': 'optim_wrapper.accumulative_counts',
    'optimizer.amp': 'optim_wrapper.type',
    'log_interval': 'default_hooks.logger.interval',
    'checkpoint_interval': 'default_hooks.checkpoint.interval',
    'picture_interval': 'default_hooks.pictures.interval',
    'seed': 'randomness.seed',
    'ema': 'custom_hooks',
    'embedded.train': 'train_dataloader.dataset.embedded',
    'embedded.val': 'val_dataloader.dataset.embedded',
    'val_dataloader.set': 'val_dataloader.dataset.set',
    'val_dataloader.sequences': 'val_dataloader.dataset.sequences',
    **{f'train_dataloader.{name}': f'train_dataloader.dataset.{name}' for name in DATASET},
    'train_dataloader.row': 'train_dataloader.dataset.samples_per_sequence',
    'train_dataloader.exact': 'train_dataloader.dataset.full_decode'}
"""Where a key of 0.1 stands now."""
RENAMED = dict(clear='easy_fraction')
"""Arguments of the embedded set that have other names now."""
WRAPPERS = {None: 'FiniteOptimWrapper', 'bfloat16': 'BFloat16OptimWrapper', 'float16': 'AmpOptimWrapper'}
AROUND = {
    'optimizer': dict(optim_wrapper=dict(
        type='FiniteOptimWrapper', constructor='GroupedConstructor', optimizer=dict(type='AdamW'),
        paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))),
    'embedded.train': dict(train_dataloader=dict(dataset=dict(embedded=dict(type='Synthetic', split='train')))),
    'embedded.val': dict(val_dataloader=dict(dataset=dict(embedded=dict(type='Synthetic', split='val'))))}
"""What 0.1 took for granted around a key, for configs that stand on no base of this version."""


def is_old(key: str) -> bool:
    """Whether a dotted key is one of 0.1's, or lies inside one."""
    return _old_part(key) is not None or key.split('.')[0] in ('optimizer', 'embedded')


def translate(cfg: Config) -> Config:
    """A config whose keys of 0.1 are moved; the same object. Warns once, with the new form."""
    found: dict[str, Any] = {}
    for key in MOVED:
        first, _, rest = key.partition('.')
        part = cfg.get(first)
        if rest and isinstance(part, Mapping) and rest in part:
            found[key] = part.pop(rest)
        elif not rest and first in cfg:
            found[key] = cfg.pop(first)
    for name in ('optimizer', 'embedded'):
        left = cfg.get(name)
        if isinstance(left, Mapping):
            if left:
                raise ValueError(f'{name} takes no {next(iter(left))!r}; write optim_wrapper as mmengine has it.')
            cfg.pop(name)
    if found:
        _say(found)
    for key, value in found.items():
        for part, around in AROUND.items():
            if key.startswith(part):
                _fill(cfg, around)
        _set(cfg, *_new(key, value, cfg))
    if any(key.startswith('train_dataloader.') for key in found):
        _fill(cfg, dict(train_dataloader=dict(
            sampler=dict(type='EpochSampler'), collate_fn=dict(type='default_collate'),
            dataset=dict(type='TrainingSamples', embedded=dict(type='Synthetic', split='train')))))
    if any(key.startswith('val_dataloader.') for key in found):
        _fill(cfg, dict(
            val_dataloader=dict(batch_size=1, sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
                                dataset=dict(type='EvaluationSequences',
                                             embedded=dict(type='Synthetic', split='val'))),
            val_evaluator=dict(type='TrackingMetric', protocol='got10k'), val_cfg=dict(type='TrackingLoop')))
    if 'optimizer' in {key.split('.')[0] for key in found} and isinstance(cfg.get('train_cfg'), Mapping):
        _fill(cfg, dict(train_cfg=dict(type='TrainLoop')))
        if isinstance(cfg.get('param_scheduler'), Mapping):
            _fill(cfg, dict(param_scheduler=dict(convert_to_iter_based=True)))
    return cfg


def translate_options(options: Mapping[str, Any], cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides whose keys of 0.1 have their new names; warns once, with the new form."""
    options = _opened(options)
    old = {key: value for key, value in options.items() if is_old(key)}
    if old:
        _say(old)
    return dict(_new(key, value, cfg) if key in old else (key, value) for key, value in options.items())


def _opened(options: Mapping[str, Any]) -> dict[str, Any]:
    """``optimizer=dict(lr=1)`` as ``optimizer.lr=1``."""
    opened = {}
    for key, value in options.items():
        inside = key in ('optimizer', 'embedded') or (key in ('train_dataloader', 'val_dataloader')
                                                      and isinstance(value, Mapping) and 'dataset' not in value)
        if inside and isinstance(value, Mapping):
            opened |= {f'{key}.{name}': one for name, one in value.items()}
        else:
            opened[key] = value
    return opened


def _old_part(key: str) -> str | None:
    return next((old for old in MOVED if key == old or key.startswith(f'{old}.')), None)


def _new(key: str, value: Any, cfg: Mapping[str, Any]) -> tuple[str, Any]:
    """A key and value of 0.1 -> those of today."""
    old = _old_part(key)
    if old is None:
        raise ValueError(f'{key.split(".")[0]} takes no {key.split(".", 1)[-1]!r}; write optim_wrapper as mmengine '
                         'has it.')
    if key == 'ema':
        others = [hook for hook in cfg.get('custom_hooks') or () if hook.get('type') != 'EMAHook']
        if value is not None and not 0 < value < 1:
            raise ValueError(f'ema is a decay below 1, such as 0.999, or None, not {value}.')
        return 'custom_hooks', others + ([dict(type='EMAHook', momentum=round(1 - value, 12))] if value else [])
    if key == 'optimizer.clip_norm' and value is None:
        return 'optim_wrapper.clip_grad', None
    if key == 'optimizer.amp':
        if value not in WRAPPERS:
            raise ValueError(f"amp is 'bfloat16', 'float16' or None, not {value!r}.")
        return 'optim_wrapper.type', WRAPPERS[value]
    *parents, last = (MOVED[old] + key[len(old):]).split('.')
    if 'embedded' in parents:
        last = RENAMED.get(last, last)
    elif isinstance(value, Mapping):
        value = {RENAMED.get(name, name): one for name, one in value.items()} if last == 'embedded' else value
    return '.'.join([*parents, last]), value


def _say(found: Mapping[str, Any]) -> None:
    moved = ', '.join(f'{key} is now {MOVED[_old_part(key)] + key[len(_old_part(key)):]}' for key in found
                      if _old_part(key))
    if moved:
        warnings.warn(f'keys of version 0.1, which the next version will not know: {moved}.', FutureWarning,
                      stacklevel=3)


def _set(cfg: Any, key: str, value: Any) -> None:
    """Set a dotted key; a mapping is merged into what is there, unless it says _delete_ or has another type."""
    from mmengine.config import ConfigDict

    *parents, last = key.split('.')
    for parent in parents:
        if not isinstance(cfg.get(parent), Mapping):
            cfg[parent] = ConfigDict()
        cfg = cfg[parent]
    old = cfg.get(last)
    if isinstance(value, Mapping):
        value = dict(value)
        replaced = value.pop('_delete_', False) or not isinstance(old, Mapping)
        value = value if replaced else dict(old) | value
    cfg[last] = value


def _fill(cfg: Any, wanted: Mapping[str, Any]) -> None:
    """Add what is missing."""
    from mmengine.config import ConfigDict

    for key, value in wanted.items():
        if isinstance(value, Mapping):
            if key not in cfg:
                cfg[key] = ConfigDict()
            if isinstance(cfg[key], Mapping):
                _fill(cfg[key], value)
        elif key not in cfg:
            cfg[key] = value
