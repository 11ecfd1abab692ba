"""Train a config, on your data or on the embedded set.

vtzoo train CONFIG [--data ROOT] [--sets got10k lasot] [--resume]
"""

from __future__ import annotations

import argparse

from mmengine.config import DictAction

from vtzoo.config import load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('--data', help='folder that holds got10k/, lasot/, ...; without one, the embedded set')
    parser.add_argument('--sets', nargs='+', default=(), help="train on these of the config's sets only")
    parser.add_argument('--work-dir', help='where the run is kept (work_dirs/CONFIG)')
    parser.add_argument('--resume', action='store_true', help='go on from the newest checkpoint of the work dir')
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast')
    parser.add_argument('--from-scratch', action='store_true', help='start from random weights')
    parser.add_argument('--max-iters', type=int, help='stop after this many steps in all')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE',
                        help='change the config: model.fusion.type=CrossAttention')
    parser.add_argument('--launcher', choices=('none', 'pytorch'), default='none', help='pytorch: under torchrun')


def run(args: argparse.Namespace) -> int:
    """Train."""
    from vtzoo.engine.train import Options, train

    if args.max_iters is not None and args.max_iters < 1:
        raise ValueError(f'--max-iters is 1 or more, not {args.max_iters}.')
    cfg = load_config(args.config, args.cfg_options)
    runner = train(cfg, Options(args.data, tuple(args.sets), args.work_dir, args.resume, args.from_scratch,
                                args.max_iters, args.amp, args.launcher))
    print(f'done: {runner.iter} steps, checkpoints in {runner.work_dir}')
    return 0
