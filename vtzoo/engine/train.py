"""A training run: from a config and a few options to mmengine's Runner."""

from __future__ import annotations

import inspect
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import get_dist_info, is_main_process
from mmengine.logging import MMLogger
from mmengine.runner import Runner

import vtzoo
from vtzoo.api import build_model
from vtzoo.checkpoints.convert import stage_one
from vtzoo.checkpoints.files import sha256
from vtzoo.config import tracking_settings
from vtzoo.data.roots import data_root
from vtzoo.data.sequence import Dataset
from vtzoo.engine.checkpoints import ATOMIC, PlainCheckpoints, newest_checkpoint
from vtzoo.engine.data import open_sets, training_loader, validation_loader
from vtzoo.engine.hooks import Pictures, StepSeed
from vtzoo.engine.loops import TrackingLoop, TrainLoop
from vtzoo.engine.optim import build_optim_wrapper
from vtzoo.engine.runner import QuietRunner
from vtzoo.inference.online import check_tracking
from vtzoo.models.tracker import Tracker
from vtzoo.registry import DATASETS, build
from vtzoo.utils.device import own_cores
from vtzoo.utils.errors import RunError
from vtzoo.utils.provenance import machine, now, revision, versions
from vtzoo.utils.require import require, require_known


@dataclass(frozen=True)
class Options:
    """What the command line says about a run; see ``vtzoo train --help``."""

    data: str | None = None
    sets: tuple[str, ...] = ()
    work_dir: str | None = None
    resume: bool = False
    from_scratch: bool = False
    max_iters: int | None = None
    amp: bool = False
    launcher: str = 'none'


def train(cfg: Config, options: Options) -> Runner:
    """Run a config's training to its end.

    Raises:
        ValueError, FileNotFoundError: what was asked for cannot be; nothing was started.
        RunError: the run broke off; the last checkpoint is good.
    """
    work_dir = Path(options.work_dir or f'work_dirs/{cfg.name}')
    prepare_folder(work_dir)
    if options.launcher != 'none':
        start_processes()
    rank, world_size = get_dist_info()
    seed = cfg.get('seed', 0)
    torch.manual_seed(seed)
    share_cores(cfg.train_dataloader.get('num_workers', 0))
    model = build_model(cfg)
    mixture = open_sets(cfg.train_dataloader, options.sets, cfg.embedded.train, options.data)
    loader = training_loader(cfg.train_dataloader, model, mixture, seed, rank, world_size)
    checkpoint = newest_checkpoint(work_dir) if options.resume else None
    weights, file = ('the checkpoint resumed from', checkpoint) if checkpoint else first_weights(cfg, model, options)
    validation = validation_set(cfg, options.data)
    if validation is not None:
        check_tracking(model, **tracking_settings(cfg))
    banner = banner_of(cfg, options, mixture.sets, weights, validation, checkpoint)
    runner = build_runner(cfg, options, work_dir, model, loader, validation, checkpoint, seed)
    runner.logger.info('\n' + banner)
    if is_main_process():
        record(work_dir, cfg, options, mixture.sets, banner, seed, weights, file)
    try:
        runner.train()
    except ValueError as error:  # the run had begun, so this is no wrong request
        raise RunError(str(error)) from error
    return runner


def build_runner(cfg: Config, options: Options, work_dir: Path, model: Tracker, loader: Any,
                 validation: Dataset | None, checkpoint: Path | None, seed: int) -> Runner:
    """mmengine's Runner, with our loops and hooks."""
    rank, world_size = get_dist_info()
    amp = dict(amp='bfloat16') if options.amp else {}
    on_cpu = dict(model_wrapper_cfg=dict(type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=True))
    cfg = Config(cfg.to_dict() | ({} if torch.cuda.is_available() else on_cpu), filename=cfg.filename)
    validating = {} if validation is None else dict(
        val_dataloader=validation_loader(validation, cfg.val_dataloader.get('sequences'), rank, world_size),
        val_evaluator=[],
        val_cfg=dict(type=TrackingLoop, tracking=tracking_settings(cfg)))
    require_known('optimizer', cfg.optimizer, [*inspect.signature(build_optim_wrapper).parameters][1:])
    accumulate = cfg.optimizer.get('accumulate', 1)
    require(cfg.checkpoint_interval % accumulate == 0,
            'a resume loses gradients that wait for their update: write a checkpoint_interval that is a multiple of '
            f'optimizer.accumulate={accumulate}, not {cfg.checkpoint_interval}.')
    decay = cfg.get('ema')
    require(not decay or 0 < decay < 1, f'ema is a decay below 1, such as 0.999, or None, not {decay}.')
    averaging = [dict(type='EMAHook', momentum=1 - decay)] if decay else []
    optim_wrapper = build_optim_wrapper(model, **cfg.optimizer | amp)
    runner = QuietRunner(
        model, str(work_dir), train_dataloader=loader,
        train_cfg=dict(type=TrainLoop, **cfg.train_cfg) | dict(max_iters=options.max_iters),
        optim_wrapper=optim_wrapper,
        param_scheduler=dict(cfg.param_scheduler, convert_to_iter_based=True, by_epoch=True),
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=cfg.log_interval),
            checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=cfg.checkpoint_interval, max_keep_ckpts=2,
                            backend_args=ATOMIC, save_best='AO' if validation is not None else None, rule='greater')),
        custom_hooks=[StepSeed(), PlainCheckpoints(), Pictures(cfg.picture_interval), *averaging,
                      *cfg.get('custom_hooks', ())],
        visualizer=dict(type='Visualizer', vis_backends=[
            dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]),
        load_from=str(checkpoint) if checkpoint else None, resume=checkpoint is not None,
        launcher=options.launcher, randomness=dict(seed=seed), log_processor=dict(by_epoch=True),
        experiment_name=cfg.name.replace('/', '_'), cfg=cfg, **validating)
    optim_wrapper.message_hub = runner.message_hub  # it was built before the run had one: gradient norms go there
    return runner


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


def start_processes() -> None:
    """Join the processes that torchrun started: nccl on GPUs, gloo on a CPU."""
    if 'RANK' not in os.environ:
        raise ValueError('--launcher pytorch needs torchrun: write torchrun --nproc-per-node 2 tools/train.py ...')
    if not torch.cuda.is_available() and not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')


def first_weights(cfg: Config, model: Tracker, options: Options) -> tuple[str, Path | None]:
    """Fill the model before its first step -> from what, and the file if it is one."""
    embedded = data_root(options.data) is None
    source = cfg.get('stage1') if model.confidence is not None else model.backbone.pretrained
    if options.from_scratch or source is None:
        return 'random (from scratch)', None
    try:
        if model.confidence is not None:
            file = stage_one(source, model)
            return f'stage 1 from {file}', file
        file = model.backbone.load_pretrained()
    except FileNotFoundError as error:
        if not embedded:
            raise
        return f'random: {str(error).split("; tried")[0]}', None
    return f'backbone from {file or source}', file


def validation_set(cfg: Config, root: str | None) -> Dataset | None:
    """The config's validation set, the embedded one without a data root; None where it cannot be had."""
    wanted = cfg.get('val_dataloader')
    if wanted is None:
        return None
    if data_root(root) is None:
        return build(DATASETS, cfg.embedded.val)
    try:
        return build(DATASETS, dict(wanted['set'], root=data_root(root)))
    except FileNotFoundError as error:
        MMLogger.get_current_instance().warning(f'no validation: {error}')
        return None


def banner_of(cfg: Config, options: Options, sets: list[Dataset], weights: str, validation: Dataset | None,
              checkpoint: Path | None) -> str:
    """What is trained, on what, from what: the lines a reader of the log looks for first."""
    root = data_root(options.data)
    data = ', '.join(f'{data.name}/{data.split} ({len(data)} sequences)' for data in sets)
    lines = [
        f'vtzoo {vtzoo.__version__}: {cfg.name}',
        f'data: {data}' + (f' under {root}' if root else '; EMBEDDED SYNTHETIC DATA, no data root was named'),
        f'weights: {weights}' + (f', {checkpoint}' if checkpoint else ''),
        'validation: ' + ('none' if validation is None else f'{validation.name}/{validation.split}')]
    width = max(map(len, lines))
    return '\n'.join(['=' * width, *lines, '=' * width])


def record(work_dir: Path, cfg: Config, options: Options, sets: list[Dataset], banner: str, seed: int,
           weights: str, file: Path | None) -> None:
    """Write run.json and the resolved config: what produced this folder."""
    facts = dict(
        config=cfg.name, command=sys.argv, banner=banner.splitlines()[1:-1], seed=seed,
        data=str(data_root(options.data)), sets=[dict(name=s.name, split=s.split, sequences=len(s)) for s in sets],
        weights=weights, weights_sha256=sha256(file) if file else None,
        started=now(), revision=revision(), machine=machine('cuda' if torch.cuda.is_available() else 'cpu'),
        threads=torch.get_num_threads(), versions=versions())
    run = work_dir / 'run.json'
    if options.resume and run.is_file():
        facts['before'] = json.loads(run.read_text())  # what the checkpoint came from
    run.write_text(json.dumps(facts, indent=1) + '\n')
    cfg.dump(work_dir / 'config.py')
