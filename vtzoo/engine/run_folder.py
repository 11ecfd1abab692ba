"""A run's folder: it belongs to one run, which writes down what it is."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process, master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

import vtzoo
from vtzoo.engine.checkpoints import saved_checkpoints
from vtzoo.engine.weights import InitialWeights
from vtzoo.registry import HOOKS
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.digest import sha256
from vtzoo.utils.provenance import machine, now, revision, versions

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_HELD: dict[Path, int] = {}
"""The folders this process has locked -> their locks' file descriptors."""


@HOOKS.register_module()
class RunFolder(Hook):
    """Sees that no other run uses the folder, and writes ``run.json`` and ``config.py`` into it: what produced it.

    Raises:
        ValueError: the folder holds another run's checkpoints, or another run is writing to it.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self.begun = False

    def before_run(self, runner: Runner) -> None:
        """Take the folder before anything is written to it."""
        self.begun = False
        if is_main_process():
            check_folder(runner.work_dir, runner._load_from if runner._resume else None, runner._resume)
            lock(runner.work_dir)

    def before_train(self, runner: Runner) -> None:
        """Say what is trained, on what, from what, and record it."""
        lines = banner(runner)
        width = max(map(len, lines))
        runner.logger.info('\n'.join(['', '=' * width, *lines, '=' * width]))
        self._record(runner, lines)
        self.begun = True

    def after_run(self, runner: Runner) -> None:
        """The folder is free again."""
        unlock(runner.work_dir)

    @master_only
    def _record(self, runner: Runner, lines: list[str]) -> None:
        weights, data = initial_weights(runner), runner.train_dataloader.dataset
        facts = dict(
            config=name_of(runner), command=sys.argv, banner=lines, seed=runner.seed,
            data=str(getattr(data, 'root', None)),
            sets=[dict(name=s.name, split=s.split, sequences=len(s)) for s in sets_of(runner)],
            weights=weights.source, weights_sha256=sha256(weights.file) if weights.file else None,
            started=now(), revision=revision(), machine=machine('cuda' if torch.cuda.is_available() else 'cpu'),
            threads=torch.get_num_threads(), versions=versions())
        if getattr(runner, '_resume', False) and (before := read_record(runner.work_dir)):
            facts['before'] = before  # what the checkpoint came from
        write_atomically(Path(runner.work_dir) / 'run.json', json.dumps(facts, indent=1) + '\n')
        write_atomically(Path(runner.work_dir) / 'config.py', runner.cfg.pretty_text)


def banner(runner: Runner) -> list[str]:
    """The lines a reader of the log looks for first."""
    dataset, root = runner.train_dataloader.dataset, getattr(runner.train_dataloader.dataset, 'root', None)
    data = ', '.join(f'{one.name}/{one.split} ({len(one)} sequences)' for one in sets_of(runner))
    loop = getattr(runner, '_val_loop', None) and runner.val_loop
    judged = getattr(loop and loop.dataloader.dataset, 'title', 'yes') if loop else 'none'
    where = '; EMBEDDED SYNTHETIC DATA, no data root was named' if getattr(dataset, 'embedded', False) else \
        f' under {root}' if root else ''
    weights, loaded = initial_weights(runner), getattr(runner, '_load_from', None)
    return [f'vtzoo {vtzoo.__version__}: {name_of(runner)}', f'data: {data or type(dataset).__name__}{where}',
            f'weights: {weights.source}' + (f', {loaded}' if loaded and getattr(runner, "_resume", False) else ''),
            f'validation: {judged}']


def sets_of(runner: Runner) -> list[Any]:
    """The data sets a run trains on."""
    mixture = getattr(runner.train_dataloader.dataset, 'mixture', None)
    return mixture.sets if mixture else []


def initial_weights(runner: Runner) -> InitialWeights:
    """The hook that filled the model; an idle one where a config has none."""
    return next((hook for hook in runner.hooks if isinstance(hook, InitialWeights)), InitialWeights(True))


def name_of(runner: Runner) -> str:
    """The config's name."""
    return runner.cfg.get('name') or Path(runner.cfg.filename or runner.experiment_name).stem


def check_folder(work_dir: str | Path, resumed: str | Path | None, resume: bool) -> None:
    """A folder belongs to one run. Nothing is written.

    Args:
        work_dir: the folder.
        resumed: the checkpoint a run goes on from; None: the newest in the folder, or none.
        resume: whether the run goes on at all.

    Raises:
        ValueError: checkpoints of another run, or later ones of this run, are there; or its record is damaged.
    """
    work_dir, saved = Path(work_dir), saved_checkpoints(work_dir)
    if not saved or (resume and resumed is None):
        read_record(work_dir)
        return
    if not resume:
        raise ValueError(f'{work_dir} holds a run ({saved[0].name}): go on with it by --resume, or name another '
                         'folder with --work-dir.')
    read_record(work_dir)
    resumed = Path(resumed)
    if resumed.parent.resolve() != work_dir.resolve():
        raise ValueError(f'{work_dir} holds another run ({saved[0].name}) than {resumed}: name another folder with '
                         '--work-dir.')
    later = saved[:next((i for i, path in enumerate(saved) if path.name == resumed.name), 0)]
    if later and any(_is_whole(path) for path in later):
        raise ValueError(f'{work_dir} holds checkpoints later than {resumed.name} ({later[0].name}): a run that goes '
                         'on from it would mix with them. Name another folder with --work-dir, or move them away.')


def _is_whole(path: Path) -> bool:
    from vtzoo.checkpoints.files import read_checkpoint
    with contextlib.suppress(ValueError):
        read_checkpoint(path, foreign_objects=False)
        return True
    return False


def read_record(work_dir: str | Path) -> dict[str, Any] | None:
    """A run's ``run.json``; None: it has none.

    Raises:
        ValueError: it is damaged; says what to do.
    """
    path = Path(work_dir) / 'run.json'
    try:
        found = json.loads(path.read_text('utf-8'))
        if isinstance(found, dict):
            return found
        reason = 'it is not a record of a run'
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        reason = 'it is empty' if path.is_file() and not path.stat().st_size else f'it is cut or damaged: {error}'
    raise ValueError(f'{path} cannot be read ({reason}). Checkpoints do not need it: remove it and try again.')


def lock(work_dir: str | Path) -> None:
    """Keep a folder for this process until :func:`unlock`, or until the process ends, however it does.

    Raises:
        ValueError: another process has it.
    """
    folder = Path(work_dir).resolve()
    if fcntl is None or folder in _HELD:
        return
    handle = os.open(folder / '.lock', os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock's, not shared with data workers
    except (BlockingIOError, PermissionError) as error:
        os.close(handle)
        raise ValueError(f'another run is writing to {work_dir}: wait for it, or name another folder with '
                         '--work-dir.') from error
    except OSError:  # a file system without locks
        os.close(handle)
        return
    _HELD[folder] = handle


def unlock(work_dir: str | Path) -> None:
    """Give a folder back."""
    handle = _HELD.pop(Path(work_dir).resolve(), None)
    if handle is not None:
        os.close(handle)
