"""A training run from the shell: what a person wants on top of ``Runner.from_cfg(cfg).train()``.

The config is the run. Here it is completed (data roots, the sets named, work dir, launcher, what to resume), checked
with messages that explain, and handed to mmengine.
"""

from __future__ import annotations

import copy
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.config import read_config, tracking_settings, travelling_folder
from vtzoo.data.roots import data_root
from vtzoo.engine.checkpoints import check_resumable, newest_checkpoint
from vtzoo.engine.checks import check_run
from vtzoo.engine.data import choose_sets, own_instead
from vtzoo.engine.run_folder import RunFolder, check_folder, lock, unlock
from vtzoo.engine.runner import QuietFlexibleRunner, QuietRunner
from vtzoo.inference.online import check_tracking
from vtzoo.models.build import build_model
from vtzoo.registry import DATA, build
from vtzoo.utils.device import own_cores
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require

LAUNCHERS = dict(pytorch=('RANK', 'torchrun --nproc-per-node 2 tools/train.py ... --launcher pytorch'),
                 slurm=('SLURM_PROCID', 'srun ... tools/train.py ... --launcher slurm'),
                 mpi=('OMPI_COMM_WORLD_LOCAL_RANK', 'mpirun -n 2 python tools/train.py ... --launcher mpi'))
"""Launcher -> the variable it sets for every process, and how it is called."""

_number = itertools.count(1)


@dataclass(frozen=True)
class Options:
    """What the command line says about a run; see ``vtzoo train --help``."""

    data: str | None = None
    sets: tuple[str, ...] = ()
    work_dir: str | None = None
    resume: bool | str = False
    from_scratch: bool = False
    max_iters: int | None = None
    amp: bool = False
    launcher: str = 'none'
    auto_scale_lr: bool = False
    load_from: str | None = None


def train(cfg: Config, options: Options) -> Runner:
    """Run a config's training to its end.

    Raises:
        ValueError, FileNotFoundError: what was asked for cannot be; nothing was started.
        RunError: the run broke off; the last checkpoint is good.
    """
    cfg = run_config(cfg, options)
    check_run(cfg)
    check_start(cfg)
    share_cores(cfg.train_dataloader.get('num_workers', 0))
    flexible = cfg.get('strategy') is not None or cfg.get('runner_type') == 'FlexibleRunner'
    runner = None
    try:
        runner = (QuietFlexibleRunner if flexible else QuietRunner).from_cfg(cfg)
        runner.train()
    except ValueError as error:
        if runner is not None and any(isinstance(hook, RunFolder) and hook.begun for hook in runner.hooks):
            raise RunError(str(error)) from error  # the run had begun, so the request was not wrong
        raise
    finally:
        unlock(cfg.work_dir)
    return runner


def run_config(cfg: Config, options: Options) -> Config:
    """A config with everything that the command line says, and that the runtime of the zoo adds.

    Raises:
        ValueError, FileNotFoundError: see :func:`train`.
    """
    name = cfg.get('name') or Path(cfg.filename or 'run').stem
    cfg = _with_runtime(copy.deepcopy(cfg))
    require(bool(cfg.get('train_dataloader')) and bool(cfg.get('train_cfg')) and bool(cfg.get('optim_wrapper')),
            f'{name} has no training recipe: a config that trains has train_dataloader, train_cfg and optim_wrapper.')
    cfg.work_dir, cfg.launcher = options.work_dir or f'work_dirs/{name}', options.launcher
    # mmengine shares loggers and visualizers between runs of one name that begin within one second.
    cfg.experiment_name = f"{name.replace('/', '_')}-{next(_number)}"
    prepare_folder(Path(cfg.work_dir))
    if options.launcher != 'none':
        start_processes(options.launcher)
    _name_data(cfg, options)
    if options.from_scratch:
        cfg.default_hooks.setdefault('weights', dict(type='InitialWeights'))
        cfg.default_hooks.weights.from_scratch = True
    if options.load_from:
        cfg.default_hooks.setdefault('weights', dict(type='InitialWeights'))
        cfg.default_hooks.weights.start = options.load_from
    if options.max_iters is not None:
        cfg.train_cfg.max_iters = options.max_iters
    if options.amp and cfg.optim_wrapper.get('type') in ('FiniteOptimWrapper', 'OptimWrapper', None):
        cfg.optim_wrapper.type = 'BFloat16OptimWrapper'
    if options.auto_scale_lr:
        require('base_batch_size' in (cfg.get('auto_scale_lr') or {}),
                '--auto-scale-lr needs the batch size that the rates are meant for, over all processes: write '
                'auto_scale_lr=dict(base_batch_size=64).')
        cfg.auto_scale_lr.enable = True
    if options.resume:
        found = newest_checkpoint(cfg.work_dir) if options.resume is True else Path(options.resume)
        cfg.load_from, cfg.resume = (str(found), True) if found else (cfg.get('load_from'), False)
    return cfg


def _with_runtime(cfg: Config) -> Config:
    """The runtime of the zoo where a config says nothing of its own."""
    runtime = read_config(travelling_folder('configs') / '_base_' / 'runtime.py')
    for key, value in runtime.items():
        if key == 'default_hooks':
            cfg.setdefault(key, {})
            for name, hook in value.items():
                cfg.default_hooks.setdefault(name, hook)
        else:
            cfg.setdefault(key, value)
    return cfg


def _name_data(cfg: Config, options: Options) -> None:
    """The data root and the chosen sets: your own videos where the root has none of the config's; a validation set that
    is not there is left out with a warning."""
    root = data_root(options.data)
    loaders = [loader for stage in ('train', 'val', 'test') if (loader := cfg.get(f'{stage}_dataloader'))]
    for loader in loaders:
        if root is not None and loader.dataset.get('type') in ('TrainingSamples', 'EvaluationSequences'):
            loader.dataset.setdefault('root', str(root))
    if options.sets:
        cfg.train_dataloader.dataset.sets = choose_sets(cfg.train_dataloader.dataset.sets, options.sets)
    dataset = cfg.get('train_dataloader', {}).get('dataset', {})
    if not options.sets and dataset.get('type') == 'TrainingSamples' and (own := own_instead(dataset.sets, root)):
        print_log(f"none of the config's sets is under {root}: training on your own videos there.", logger='current',
                  level=30)
        dataset.sets = [own['train']]
        if 'val' in own and cfg.get('val_dataloader'):
            cfg.val_dataloader.dataset.set = own['val']
        elif cfg.get('val_dataloader'):
            print_log('no validation: put some of your videos into own/val, the others into own/train, to have one.',
                      logger='current', level=30)
            cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    if cfg.get('val_dataloader') and cfg.val_dataloader.dataset.get('type') == 'EvaluationSequences':
        try:
            build(DATA, cfg.val_dataloader.dataset)
        except FileNotFoundError as error:
            print_log(f'no validation: {error}', logger='current', level=30)
            cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None


def check_start(cfg: Config) -> None:
    """What a run needs besides parts that exist: a free folder, a checkpoint that fits, a tracker that can track."""
    if os.environ.get('RANK', os.environ.get('SLURM_PROCID', '0')) == '0':
        check_folder(cfg.work_dir, cfg.load_from if cfg.resume else None, bool(cfg.resume))
        if cfg.launcher == 'none':
            lock(cfg.work_dir)
    with torch.device('meta'):
        model = build_model(cfg)
    if cfg.resume:
        check_resumable(read_checkpoint(cfg.load_from, foreign_objects=False), model, f'{cfg.load_from}')
    if cfg.get('val_dataloader'):
        check_tracking(model, **tracking_settings(cfg))


def share_cores(workers: int) -> None:
    """Without a GPU, leave the data workers a core each: threads that wait for a busy core are slower than none.

    OMP_NUM_THREADS decides where it is set.
    """
    if not torch.cuda.is_available() and 'OMP_NUM_THREADS' not in os.environ:
        torch.set_num_threads(max(1, own_cores() - workers))


def prepare_folder(work_dir: Path) -> None:
    """Make the run's folder, and see that it can be written to."""
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        probe = work_dir / f'.probe{os.getpid()}'
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ValueError(f'the work dir {work_dir} cannot be written to ({error.strerror}): '
                         'name another with --work-dir.') from error


def start_processes(launcher: str) -> None:
    """See that a launcher started this process; without a GPU, join the others by gloo, which mmengine does not."""
    variable, usage = LAUNCHERS[launcher]
    require(variable in os.environ, f'--launcher {launcher} needs its launcher: write {usage}.')
    if torch.cuda.is_available() or torch.distributed.is_initialized():
        return
    if launcher == 'slurm':
        os.environ.setdefault('RANK', os.environ['SLURM_PROCID'])
        os.environ.setdefault('WORLD_SIZE', os.environ.get('SLURM_NTASKS', '1'))
        os.environ.setdefault('LOCAL_RANK', os.environ.get('SLURM_LOCALID', '0'))
    if launcher == 'mpi':
        os.environ.setdefault('RANK', os.environ.get('OMPI_COMM_WORLD_RANK', '0'))
        os.environ.setdefault('WORLD_SIZE', os.environ.get('OMPI_COMM_WORLD_SIZE', '1'))
        os.environ.setdefault('LOCAL_RANK', os.environ['OMPI_COMM_WORLD_LOCAL_RANK'])
    os.environ.setdefault('MASTER_ADDR', '127.0.0.1')
    os.environ.setdefault('MASTER_PORT', '29500')
    torch.distributed.init_process_group('gloo')
