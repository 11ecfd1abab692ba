"""See it all work: follow objects with the tracker in the box, beside two others, then train it on for a minute.

vtzoo quickstart --out quickstart
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtzoo.data.sequence import TrackingSequence
    from vtzoo.evaluation.results import SequenceResult
    from vtzoo.evaluation.run_sequence import Tracks

SEQUENCES, STEPS, BATCH = 8, 40, 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--out', default='quickstart', help='folder for what it makes (%(default)s)')
    parser.add_argument('--sequences', type=int, default=SEQUENCES, help='how many are tracked (%(default)s)')
    parser.add_argument('--steps', type=int, default=STEPS, help='training steps; 0: no training (%(default)s)')


def run(args: argparse.Namespace) -> int:
    """Track, compare, draw, train on."""
    from vtzoo.api import load_tracker
    from vtzoo.evaluation.baselines import MIL, Static
    from vtzoo.synthetic import Synthetic

    if args.steps < 0 or args.sequences < 1:
        raise ValueError('--steps is 0 or more, --sequences 1 or more.')
    out, test = Path(args.out), Synthetic('test', sequences=args.sequences)
    out.mkdir(parents=True, exist_ok=True)
    tracker = load_tracker()
    name = tracker.config.name
    print(f'1. {len(test)} embedded test sequences, which it never saw, with {name}, the tracker in the box')
    found = {who: follow(one, test, who) for who, one in (
        (name, tracker), ("OpenCV's MIL", MIL()), ('a box that stays', Static()))}
    for who, results in found.items():
        print(f'   {who:<18} {said(test, results, timed=who != "a box that stays")}')
    draw_results(test, found[name], name, out)
    print(f'   what it did: {out / "result.mp4"}, {out / "strips.png"}')
    checkpoint = train_on(name, out, args.steps) if args.steps else None
    print('\n3. What next?')
    print('   your own video     vtzoo track VIDEO --box x,y,w,h')
    print('   a hybrid           vtzoo explain nano/sparsett_nano --cfg-options model.fusion.type=CrossAttention')
    print('   your own data      vtzoo train ' + f'{name} --load-from shipped --data FOLDER')
    if checkpoint:
        print(f'   what you trained   vtzoo test {name} {checkpoint} --benchmark synthetic')
    return 0


def follow(tracker: Tracks, test: Iterable[TrackingSequence], who: str) -> dict[str, SequenceResult]:
    """Sequence -> result."""
    from vtzoo.evaluation.run_sequence import run_sequence
    from vtzoo.utils.progress import progress

    test = list(test)
    return {one.name: run_sequence(tracker, one) for one in progress(test, f'   {who}', len(test))}


def said(test: Iterable[TrackingSequence], results: Mapping[str, SequenceResult], timed: bool) -> str:
    """AO 0.612   SR0.5 0.701   143 frames a second"""
    import numpy as np

    from vtzoo.evaluation.scoring.validation import average_overlap, validation_case

    score = average_overlap([validation_case(one, results[one.name]) for one in test])
    seconds = np.concatenate([one.seconds[1:] for one in results.values()])
    speed = f'   {1 / np.median(seconds):.0f} frames a second' if timed else ''
    return f'AO {score["AO"]:.3f}   SR0.5 {score["SR0.5"]:.3f}{speed}'


def draw_results(test: Iterable[TrackingSequence], results: Mapping[str, SequenceResult], name: str,
                 out: Path) -> None:
    """A video of the sequences, and strips of the best two, the middle one and the worst."""
    from vtzoo.evaluation.filmstrip import film_strips
    from vtzoo.evaluation.scoring.validation import average_overlap, validation_case
    from vtzoo.inference.video import VideoWriter, draw
    from vtzoo.synthetic import Synthetic

    ranked = sorted(test, key=lambda one: -average_overlap([validation_case(one, results[one.name])])['AO'])
    shown = list({one.name: one for one in (*ranked[:2], ranked[len(ranked) // 2], ranked[-1])}.values())
    boxes = {one: result.boxes for one, result in results.items()}
    film_strips([(one.name, one) for one in shown], {name: boxes}, Synthetic.base, out / 'strips.png')
    with VideoWriter(out / 'result.mp4', 20) as writer:
        for one in shown:
            for i in range(len(one)):
                writer.write(draw(one.frames[i], boxes[one.name][i], results[one.name].scores[i]))


def train_on(name: str, out: Path, steps: int) -> Path:
    """Fine-tune the shipped weights on embedded scenes for so many steps; -> the checkpoint."""
    import shutil

    from vtzoo.checkpoints.sources import find_checkpoint
    from vtzoo.config import load_config
    from vtzoo.engine.train import Options, train

    print(f'\n2. {steps} steps of training from there, on embedded scenes: the same command trains every config')
    cfg = load_config(name, {'val_dataloader': None, 'default_hooks.logger.interval': 10,
                             'optim_wrapper.optimizer.lr': 1e-4, 'train_dataloader.batch_size': BATCH})
    epochs = cfg.train_cfg.max_epochs  # as short as the run, so that the learning rate falls to its end
    cfg.train_dataloader.dataset.samples = -(-steps // epochs) * BATCH
    work_dir = out / 'training'
    shutil.rmtree(work_dir, ignore_errors=True)  # of an earlier quick start in this folder
    shipped = str(find_checkpoint('shipped', cfg))
    runner = train(cfg, Options(work_dir=str(work_dir), max_iters=steps, load_from=shipped))
    return work_dir / f'iter_{runner.iter}.pth'
