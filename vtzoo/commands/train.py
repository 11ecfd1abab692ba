"""Train a config, on your data or on the embedded set.

vtzoo train nano/sparsett_nano
vtzoo train sparsett_swin_t --data /data --sets got10k lasot
vtzoo train nano/lite_nano --data /data --load-from shipped
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vtzoo.utils.arguments import add_config_options

if TYPE_CHECKING:
    from mmengine.config import Config





def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('--data', help='folder that holds got10k/, lasot/, ...; without one, the embedded set')
    parser.add_argument('--sets', nargs='+', default=(), help="train on these of the config's sets only")
    parser.add_argument('--work-dir', help='where the run is kept (work_dirs/CONFIG)')
    parser.add_argument('--resume', nargs='?', const=True, default=False, metavar='FILE',
                        help='go on from the newest checkpoint of the work dir, or from FILE')
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast')
    parser.add_argument('--from-scratch', action='store_true', help='start from random weights')
    parser.add_argument('--load-from', metavar='WEIGHTS',
                        help='fine-tune: a file, a folder, shipped, released, hf-hub:OWNER/NAME or an address')
    parser.add_argument('--max-iters', type=int, help='stop after this many steps in all')
    add_config_options(parser)
    parser.add_argument('--auto-scale-lr', action='store_true',
                        help="scale the learning rates by the batch size over all processes to the recipe's")
    parser.add_argument('--launcher', choices=('none', 'pytorch', 'slurm', 'mpi'), default='none',
                        help='who started this process: torchrun, srun or mpirun')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Train."""
    from vtzoo.config import load_config
    from vtzoo.engine.train import Options, train

    if args.max_iters is not None and args.max_iters < 1:
        raise ValueError(f'--max-iters is 1 or more, not {args.max_iters}.')
    if not args.from_scratch and not args.resume:
        check_named(args.cfg_options.get('stage1'), args.cfg_options.get('model.backbone.pretrained'))
    cfg = load_config(args.config, args.cfg_options)
    start = start_file(args.load_from, cfg) if args.load_from else None
    if start and (args.from_scratch or args.resume):
        raise ValueError('--load-from starts from weights: leave out --from-scratch or --resume.')
    runner = train(cfg, Options(args.data, tuple(args.sets), args.work_dir, args.resume, args.from_scratch,
                                args.max_iters, args.amp, args.launcher, args.auto_scale_lr, start))
    print(f'done: {runner.iter} steps, checkpoints in {runner.work_dir}')
    return 0


def start_file(weights: str, cfg: Config) -> str:
    """The file of the weights to fine-tune, once it is known that they fit.

    Raises:
        ValueError, FileNotFoundError: they do not, or cannot be had.
    """
    import torch

    from vtzoo.api import build_model
    from vtzoo.checkpoints.convert import check_tracker
    from vtzoo.checkpoints.sources import find_checkpoint

    file = find_checkpoint(weights, cfg)
    if file is None:
        raise ValueError(f'--load-from {weights}: write --from-scratch for random weights.')
    with torch.device('meta'):
        model = build_model(cfg)
    check_tracker(model, file, str(file))  # outside: some versions would read the file's tensors as meta ones too
    return str(file)


def check_named(stage1: str | None, pretrained: str | None) -> None:
    """What a person names on the command line must be there; what a config names may be to come.

    Raises:
        FileNotFoundError: it is not.
    """
    from vtzoo.checkpoints.pretrained import find_weights

    if stage1 and not Path(str(stage1)).exists() and not str(stage1).startswith(('hf-hub:', 'https://', 'http://')):
        raise FileNotFoundError(f'the stage-1 checkpoint {stage1} is not there: name another with --cfg-options '
                                'stage1=FILE, or start from random weights with --from-scratch.')
    if pretrained and not str(pretrained).startswith('timm:'):
        find_weights(str(pretrained))
