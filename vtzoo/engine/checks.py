"""Checks of a run's config before anything is built: names and arguments that mmengine would meet too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import Registry

from vtzoo.registry import (
    DATA,
    HOOKS,
    LOG_PROCESSORS,
    METRICS,
    OPTIM_WRAPPER_CONSTRUCTORS,
    OPTIM_WRAPPERS,
    OPTIMIZERS,
    PARAM_SCHEDULERS,
    VISBACKENDS,
    VISUALIZERS,
    checked,
    find,
)
from vtzoo.utils.require import require

BUILT_BY_MMENGINE = ('convert_to_iter_based', '_scope_', '_delete_')
"""What a part may hold that its class does not take."""


def check_run(cfg: Config) -> None:
    """Everything a config names exists and takes the arguments it is given.

    Raises:
        ValueError: something does not; says where it stands, what is wrong and what would do.
    """
    for where, registry, part, given in _parts(cfg):
        require(not isinstance(part, str | int | float | list | tuple),
                f'{where}: a {registry.name} is written as dict(type=...), not {part!r}.')
        if not isinstance(part, Mapping):  # None, or built already
            continue
        args = {key: value for key, value in part.items() if key not in BUILT_BY_MMENGINE}
        try:
            checked(registry, args, **given)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
    _check_compile(cfg.get('compile') or False)
    wrapper = cfg.get('optim_wrapper') or {}
    require(wrapper.get('type') != 'AmpOptimWrapper' or torch.cuda.is_available(),
            "optim_wrapper: AmpOptimWrapper needs a GPU: write type='BFloat16OptimWrapper', which runs on a CPU too.")


def _check_compile(settings: Any) -> None:
    """What ``compile`` says, as torch.compile itself takes or refuses it."""
    require(isinstance(settings, bool | Mapping), "compile is True, or a mapping of torch.compile's arguments such as "
                                                  f"dict(mode='max-autotune'), not {settings!r}.")
    if isinstance(settings, Mapping):
        try:
            torch.compile(torch.nn.Identity(), **settings)
        except (RuntimeError, TypeError, ValueError) as error:
            said = str(error).split('\n')[0].rstrip('.')
            raise ValueError(f'compile: torch.compile does not take {dict(settings)}: {said}.') from error


def _parts(cfg: Config) -> Iterator[tuple[str, Registry, Any, dict[str, Any]]]:
    """(where, registry, config, what the builder supplies) of the parts of a run but the model and the loops."""
    for name, hook in (cfg.get('default_hooks') or {}).items():
        yield f'default_hooks.{name}', HOOKS, hook, {}
    hooks = cfg.get('custom_hooks') or ()
    require(isinstance(hooks, list | tuple), f'custom_hooks is a list of dict(type=...), not {hooks!r}.')
    for i, hook in enumerate(hooks):
        yield f'custom_hooks.{i}', HOOKS, hook, {}
    for stage in ('val', 'test'):
        metrics = cfg.get(f'{stage}_evaluator') or ()
        for metric in [metrics] if isinstance(metrics, Mapping) else metrics:
            if 'metrics' not in metric:
                yield f'{stage}_evaluator', METRICS, metric, {}
        if loader := cfg.get(f'{stage}_dataloader'):
            yield f'{stage}_dataloader.dataset', DATA, loader.get('dataset'), {}
    if wrapper := cfg.get('optim_wrapper'):
        constructor = wrapper.get('constructor', 'DefaultOptimWrapperConstructor')
        find(OPTIM_WRAPPER_CONSTRUCTORS, constructor)
        rest = {key: value for key, value in wrapper.items()
                if key not in ('constructor', 'paramwise_cfg', 'optimizer', 'dtype', 'loss_scale')}
        yield 'optim_wrapper', OPTIM_WRAPPERS, dict(type='OptimWrapper') | rest, dict(optimizer=None)
        if optimizer := wrapper.get('optimizer'):
            yield 'optim_wrapper.optimizer', OPTIMIZERS, optimizer, dict(params=None)
    schedulers = cfg.get('param_scheduler') or ()
    for scheduler in [schedulers] if isinstance(schedulers, Mapping) else schedulers:
        yield 'param_scheduler', PARAM_SCHEDULERS, scheduler, dict(optimizer=None)
    if visualizer := cfg.get('visualizer'):
        yield 'visualizer', VISUALIZERS, visualizer, {}
        for i, backend in enumerate(visualizer.get('vis_backends') or ()):
            yield f'visualizer.vis_backends.{i}', VISBACKENDS, backend, dict(save_dir=None)
    if processor := cfg.get('log_processor'):
        yield 'log_processor', LOG_PROCESSORS, dict(type='LogProcessor') | processor, {}
