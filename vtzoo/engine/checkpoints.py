"""Checkpoints are data, written whole or not at all.

mmengine pickles its message hub and writes in place. Here everything saved is tensors and plain
containers (``weights_only=True`` loads it), and a file appears under its name only when it is complete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook, Hook
from mmengine.logging import HistoryBuffer, print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from vtzoo.checkpoints.files import UnsafeCheckpointError, read_checkpoint
from vtzoo.registry import HOOKS
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.require import require

ATOMIC = dict(backend='vtzoo_atomic')
"""``backend_args`` of mmengine that write through :class:`AtomicBackend`."""


class AtomicBackend(LocalBackend):
    """Local files that are written beside their place and renamed into it."""

    def put(self, obj: bytes | memoryview, filepath: str | Path) -> None:
        """Write bytes; a full disk leaves what was there before."""
        try:
            write_atomically(filepath, obj)
        except OSError as error:
            raise OSError(error.errno, f'{error.strerror}, no checkpoint was written; those before it are whole',
                          str(filepath)) from error


def plain(value: Any) -> Any:
    """The same as tensors, numbers, strings, None, dicts, lists and tuples.

    Raises:
        TypeError: the value is of another type and cannot be written as one of these.
    """
    if value is None or isinstance(value, torch.Tensor | bool | int | float | str):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, HistoryBuffer):
        log, count = value.data
        return dict(log=torch.from_numpy(np.array(log, np.float64)), count=torch.from_numpy(np.array(count)),
                    max_length=value.max_length)
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else [*map(plain, value)]
    raise TypeError(f'a checkpoint holds data only; {type(value).__name__} is none.')


@HOOKS.register_module()
class PlainCheckpoints(Hook):
    """Makes what mmengine saves plain, its message hub whole again when it is loaded, and a resume exact.

    Raises:
        ValueError: checkpoints would fall between the steps of an accumulated update, or a checkpoint to be
            resumed from is of another model.
    """

    priority = 'LOWEST'  # after hooks that change the checkpoint, such as EMAHook

    def before_run(self, runner: Runner) -> None:
        """A resume loses gradients that wait for their update."""
        steps = getattr(runner.optim_wrapper, '_accumulative_counts', 1)
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook) and not hook.by_epoch:
                require(hook.interval % steps == 0,
                        'a resume loses gradients that wait for their update: write a '
                        f'default_hooks.checkpoint.interval that is a multiple of optim_wrapper.accumulative_counts='
                        f'{steps}, not {hook.interval}.')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Plain containers only."""
        for key, value in checkpoint.items():
            checkpoint[key] = plain(value)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Rebuild the log's buffers; a resume must fit the model, and says which settings it takes along."""
        for name, saved in checkpoint.get('message_hub', {}).get('log_scalars', {}).items():
            if isinstance(saved, Mapping):
                checkpoint['message_hub']['log_scalars'][name] = HistoryBuffer(
                    saved['log'].tolist(), saved['count'].tolist(), saved['max_length'])
        if getattr(runner, '_resume', False):
            model = runner.model.module if is_model_wrapper(runner.model) else runner.model
            check_resumable(checkpoint, model, 'the checkpoint to be resumed from')
            if changed := changed_rates(runner, checkpoint):
                runner.logger.warning(changed)


def check_resumable(checkpoint: Any, model: nn.Module, what: str) -> None:
    """A checkpoint to go on from is the state of a training, of the same model.

    Args:
        checkpoint: its contents.
        model: the model; on the meta device will do.
        what: the checkpoint, for the message.

    Raises:
        ValueError: it holds weights only, or of another model; says what to do instead.
    """
    needed = ('state_dict', 'optimizer', 'message_hub', 'meta')
    whole = isinstance(checkpoint, Mapping) and all(isinstance(checkpoint.get(key), Mapping) for key in needed)
    if not whole or not {'epoch', 'iter'} <= set(checkpoint['meta']):
        raise ValueError(f'{what} is not the state of a training: to start from its weights, write '
                         '--cfg-options load_from=FILE instead of --resume.')
    mine, saved = ({key: tuple(value.shape) for key, value in state.items()}
                   for state in (model.state_dict(), checkpoint['state_dict']))
    differ = sorted(key for key in mine.keys() | saved.keys() if mine.get(key) != saved.get(key))
    if differ:
        raise ValueError(f'{what} is of another model: {len(differ)} weights differ, such as {differ[0]}. Resume with '
                         'the config it was made with, or name another folder with --work-dir.')


def changed_rates(runner: Runner, checkpoint: Mapping) -> str | None:
    """A sentence, where the config's learning rates are not those that a resume goes on with."""
    groups = getattr(getattr(runner.optim_wrapper, 'optimizer', None), 'param_groups', [])
    saved = checkpoint['optimizer'].get('param_groups', [])
    now, then = ([group.get('initial_lr', group.get('lr')) for group in one] for one in (groups, saved))
    if not now or now == then:
        return None
    return (f'the learning rates of the config, {_listed(now)}, are not those of the checkpoint, {_listed(then)}: a '
            'resumed run goes on with the latter. For others, start a run from the weights: load_from=CHECKPOINT.')


def _listed(rates: list[float]) -> str:
    return ' and '.join(f'{rate:g}' for rate in dict.fromkeys(rates))


def saved_checkpoints(work_dir: str | Path) -> list[Path]:
    """The checkpoints ``iter_N.pth`` of a run, the newest first."""
    found = {path: int(match[1]) for path in Path(work_dir).glob('iter_*.pth')
             if (match := re.fullmatch(r'iter_(\d+)\.pth', path.name))}
    return sorted(found, key=found.__getitem__, reverse=True)


def newest_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest whole checkpoint of a run; torn ones are passed over with a warning. None: none was saved.

    Raises:
        ValueError: one would run code, or none is whole.
    """
    saved = saved_checkpoints(work_dir)
    for path in saved:
        try:
            read_checkpoint(path, foreign_objects=False)
        except UnsafeCheckpointError:
            raise
        except ValueError as error:
            print_log(f'{error} The one before it is taken.', logger='current', level=30)
            continue
        return path
    if saved:
        raise ValueError(f'none of the {len(saved)} checkpoints in {work_dir} can be read: '
                         'start anew in another folder, without --resume.')
    return None


register_backend(ATOMIC['backend'], AtomicBackend, force=True)
