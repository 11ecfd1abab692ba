"""Parameters, MACs and frames per second of any number of configs, in one table.

vtzoo benchmark mixformer_cvt21 sparsett_swin_t --device cpu --threads 1
"""

from __future__ import annotations

import argparse

import cv2
import torch

from vtzoo.api import load_tracker
from vtzoo.checkpoints.sources import WEIGHTS_HELP, resolve
from vtzoo.evaluation.speed import BOX, SIZE, measure_speed
from vtzoo.evaluation.tables import Table
from vtzoo.models.cost import count_macs, count_parameters
from vtzoo.utils.device import find_device
from vtzoo.utils.formats import counted
from vtzoo.utils.progress import progress
from vtzoo.utils.provenance import machine, versions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='a config by name or path')
    parser.add_argument('--checkpoint', default='random',
                        help=f'{WEIGHTS_HELP} (default: %(default)s)')
    parser.add_argument('--device', default='cpu', help='where the networks run (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='of torch and OpenCV (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=30, help='timed for each figure (default: %(default)s)')


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    if args.frames < 1 or args.threads < 1:
        raise ValueError('--frames and --threads are at least 1.')
    find_device(args.device)
    sources = [resolve(name, args.checkpoint) for name in args.configs]
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    rows = []
    for cfg, file, _ in progress(sources, 'configs'):
        tracker = load_tracker(cfg, file or 'random', args.device)
        speed = measure_speed(tracker, args.frames)
        templates = tracker.memory.z.shape[1]
        macs = count_macs(tracker.model, templates)
        rows.append([cfg.name, count_parameters(tracker.model) / 1e6, templates, macs.memorize / 1e9, macs.track / 1e9,
                     *map(str, speed)])
    columns = ['config', 'M parameters', 'templates', 'GMACs memorize', 'GMACs a frame', 'FPS network', 'FPS pipeline',
               'FPS with reading']
    print(Table(f'{machine(args.device)}, {counted(args.threads, "thread")}, '
                f'torch {versions()["torch"]}', columns, rows).markdown())
    print('\nMACs: half of what torch.utils.flop_counter counts where it knows every kernel, batch 1.\n'
          f'FPS: median of {args.frames} frames (slowest to fastest tenth); frames of {SIZE[0]}x{SIZE[1]}, '
          f'a target of {BOX[2]:.0f}x{BOX[3]:.0f} pixels, templates not renewed, weights: {args.checkpoint}.')
    return 0
