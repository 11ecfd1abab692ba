"""Parameters, MACs and frames per second of any number of trackers, measured in turns, in one table.

vtzoo benchmark mixformer_cvt21 sparsett_swin_t
vtzoo benchmark nano/lite_nano@exact nano/lite_nano@fast --threads 1
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vtzoo.utils.arguments import WEIGHTS_HELP
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.formats import counted
from vtzoo.utils.progress import progress
from vtzoo.utils.require import require

if TYPE_CHECKING:
    from vtzoo.inference.online import OnlineTracker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('configs', nargs='+', metavar='CONFIG',
                        help='a config by name or path, CONFIG@fast or CONFIG@fastest, or the folder of an export')
    parser.add_argument('--checkpoint', default='random',
                        help=f'{WEIGHTS_HELP} (default: %(default)s)')
    parser.add_argument('--device', default='cpu', help='where the networks run (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='of torch and OpenCV (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=30, help='timed for each figure (default: %(default)s)')
    parser.add_argument('--json', metavar='FILE', help='write every figure there too')


def run(args: argparse.Namespace) -> int:
    """Measure in turns and print."""
    import cv2
    import torch

    from vtzoo.evaluation.speed import BOX, SIZE, measure_together
    from vtzoo.evaluation.tables import Table
    from vtzoo.utils.device import find_device
    from vtzoo.utils.provenance import machine, now, versions

    if args.frames < 1 or args.threads < 1:
        raise ValueError('--frames and --threads are at least 1.')
    find_device(args.device)
    check_names(args.configs)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    trackers = {_label(name): open_tracker(name, args.checkpoint, args.device)
                for name in progress(args.configs, 'trackers')}
    speeds = dict(zip(trackers, measure_together(list(trackers.values()), args.frames), strict=True))
    rows = [[name, *_cost(tracker), *map(str, speeds[name])] for name, tracker in trackers.items()]
    columns = ['tracker', 'M parameters', 'templates', 'GMACs memorize', 'GMACs a frame', 'FPS network', 'FPS pipeline',
               'FPS with reading', 'ratio']
    where = f'{machine(args.device)}, {counted(args.threads, "thread")}, torch {versions()["torch"]}'
    print(Table(where, columns, rows).markdown())
    print('\nMACs: half of what torch.utils.flop_counter counts where it knows every kernel, batch 1.\n'
          f'FPS: median of {args.frames} frames (slowest to fastest tenth); frames of {SIZE[0]}x{SIZE[1]}, '
          f'a target of {BOX[2]:.0f}x{BOX[3]:.0f} pixels, templates not renewed, weights: {args.checkpoint}.\n'
          f'Ratio: of the pipeline to that of {next(iter(trackers))} [95 % interval]; the trackers took turns.')
    if args.json:
        record = dict(machine=machine(args.device), threads=args.threads, versions=versions(), date=now(),
                      trackers={name: {kind: one._asdict() for kind, one in speed._asdict().items()}
                                for name, speed in speeds.items()})
        write_atomically(args.json, json.dumps(record, indent=1))
    return 0


def check_names(names: Sequence[str]) -> None:
    """All that is to be measured is there: known before the first one is built or exported.

    Raises:
        ValueError: one is not, or stands there twice.
    """
    from vtzoo.checkpoints.exports import is_export
    from vtzoo.config import find_config
    from vtzoo.deploy.fast import SPEEDS

    for name in names:
        require(names.count(name) == 1, f'{name} is named twice.')
        if not is_export(name):
            config, _, speed = name.partition('@')
            find_config(config)
            require(speed in ('', *SPEEDS), f'{name}: after the @ stands one of {", ".join(SPEEDS)}.')


def _label(name: str) -> str:
    """A name as the table shows it: a path by its last part."""
    return Path(name).stem if name.endswith('.py') else name


def open_tracker(name: str, checkpoint: str, device: str) -> OnlineTracker:
    """CONFIG, CONFIG@SPEED, or the folder of an export."""
    import torch

    from vtzoo.api import load_tracker
    from vtzoo.checkpoints.exports import is_export

    if is_export(name):
        return load_tracker(name)
    config, _, speed = name.partition('@')
    torch.manual_seed(0)  # random weights are the same ones every time: their exports are found again
    return load_tracker(config, checkpoint, device, speed=speed or 'exact')


def _cost(tracker: OnlineTracker) -> list[float | int | None]:
    """Parameters, templates and MACs; an exported graph does not tell its parameters and MACs."""
    from vtzoo.models.cost import count_macs, count_parameters
    from vtzoo.models.tracker import Tracker

    templates = tracker.memory.z.shape[1]
    if not isinstance(tracker.model, Tracker):
        return [None, templates, None, None]
    macs = count_macs(tracker.model, templates)
    return [count_parameters(tracker.model) / 1e6, templates, macs.memorize / 1e9, macs.track / 1e9]
