"""See it all work: train a small tracker on embedded data for minutes, then follow objects it never saw.

vtzoo quickstart --out quickstart
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vtzoo.api import load_tracker
from vtzoo.config import load_config
from vtzoo.utils.progress import progress

CONFIG, SEQUENCES = 'nano/mixformer_nano', 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--out', default='quickstart', help='folder for what it makes (%(default)s)')
    parser.add_argument('--steps', type=int, default=300, help='training steps (%(default)s); a stopped run goes on')


def run(args: argparse.Namespace) -> int:
    """Train, track, compare with a box that does not move, draw."""
    from vtzoo.engine.train import Options, train
    from vtzoo.evaluation.filmstrip import film_strips
    from vtzoo.evaluation.run_sequence import SequenceResult, run_sequence
    from vtzoo.evaluation.scoring.validation import average_overlap, validation_case
    from vtzoo.inference.video import VideoWriter, draw
    from vtzoo.synthetic import Synthetic

    if args.steps < 1:
        raise ValueError(f'--steps is 1 or more, not {args.steps}.')
    out = Path(args.out)
    cfg = load_config(CONFIG, {'val_dataloader': None, 'default_hooks.logger.interval': 20})
    epochs = cfg.train_cfg.max_epochs  # as short as the run, so that the learning rate falls to its end
    cfg.train_dataloader.dataset.samples = -(-args.steps // epochs) * cfg.train_dataloader.batch_size
    runner = train(cfg, Options(work_dir=str(out / f'run_{args.steps}_steps'), max_iters=args.steps, resume=True,
                                from_scratch=True))
    checkpoint = Path(runner.work_dir) / f'iter_{runner.iter}.pth'

    tracker, test = load_tracker(cfg, checkpoint), Synthetic('test', sequences=SEQUENCES)
    found, still = {}, {}
    for sequence in progress(test, 'tracking', len(test)):
        found[sequence.name] = run_sequence(tracker, sequence)
        box = np.tile(sequence.boxes[0], (len(sequence), 1))
        still[sequence.name] = SequenceResult(box, np.ones(len(box)), np.zeros(len(box)))

    scores = {who: average_overlap([validation_case(sequence, results[sequence.name]) for sequence in test])
              for who, results in (('this tracker', found), ('a box that stays', still))}
    ranked = sorted(test, key=lambda one: -average_overlap([validation_case(one, found[one.name])])['AO'])
    shown = [*ranked[:2], *ranked[-2:]]
    boxes = {name: result.boxes for name, result in found.items()}
    film_strips([(one.name, one) for one in shown], {'this tracker': boxes}, Synthetic.base, out / 'strips.png')
    with VideoWriter(out / 'result.mp4', 20) as writer:
        for one in shown:
            for i in range(len(one)):
                writer.write(draw(one.frames[i], boxes[one.name][i], found[one.name].scores[i]))

    print(f'\n{len(test)} embedded test sequences, none of them seen in training, after {runner.iter} steps:')
    for who, score in scores.items():
        print(f'  {who:<18} AO {score["AO"]:.3f}   SR0.5 {score["SR0.5"]:.3f}')
    print(f'The two it follows best and the two it follows worst: {out / "result.mp4"}, {out / "strips.png"}\n'
          f'Matching takes thousands of steps to learn: vtzoo quickstart --out {out} --steps {10 * args.steps}\n'
          f'Your own video: vtzoo demo VIDEO --box x,y,w,h --config {CONFIG} --checkpoint {checkpoint}')
    return 0
