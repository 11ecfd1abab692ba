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
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer, print_log
from mmengine.runner import Runner

from vtzoo.checkpoints.files import UnsafeCheckpointError, read_checkpoint
from vtzoo.utils.atomic import write_atomically

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
        TypeError: it is none of these and stands for none of these.
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


class PlainCheckpoints(Hook):
    """Makes what mmengine saves plain, and its message hub whole again when it is loaded."""

    priority = 'LOWEST'  # after hooks that change the checkpoint, such as EMAHook

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Plain containers only."""
        for key, value in checkpoint.items():
            checkpoint[key] = plain(value)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Rebuild the log's buffers."""
        for name, saved in checkpoint.get('message_hub', {}).get('log_scalars', {}).items():
            checkpoint['message_hub']['log_scalars'][name] = HistoryBuffer(
                saved['log'].tolist(), saved['count'].tolist(), saved['max_length'])


def newest_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest whole checkpoint of a run; torn ones are passed over with a warning. None: none was saved.

    Raises:
        ValueError: one would run code, or none is whole.
    """
    def iteration(path: Path) -> int:
        return int(re.search(r'\d+', path.stem)[0])

    saved = sorted(Path(work_dir).glob('iter_*.pth'), key=iteration, reverse=True)
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
                         'start anew without --resume.')
    return None


register_backend(ATOMIC['backend'], AtomicBackend, force=True)
