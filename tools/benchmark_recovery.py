"""Lost and found measured: what waiting for a lost target gives on embedded sequences in which it disappears.

python tools/benchmark_recovery.py --sequences 12
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

import vtzoo
from vtzoo.boxes import cxcywh_to_xyxy, iou, xywh_to_cxcywh
from vtzoo.data.sequence import TrackingSequence
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.recovery import Recovery
from vtzoo.synthetic import Synthetic

POLICIES = dict(off=None, usual=Recovery(), stay=Recovery(growth=1), slow=Recovery(growth=1.02, most=1.5),
                wide=Recovery(growth=1.1, most=3))
ABSENT, AFTER = 4, 8
"""Frames that a target is away at least, and that it shows itself at the end."""


def main() -> None:
    """Print a row for each policy."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--config', help='default: the best tracker that ships')
    parser.add_argument('--checkpoint', help='its weights')
    parser.add_argument('--sequences', type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tracker, chosen = vtzoo.load_tracker(args.config, args.checkpoint), []
    for sequence in Synthetic('val', sequences=100 * args.sequences):
        absent = np.flatnonzero(~sequence.visible)
        if len(absent) >= ABSENT and sequence.visible[0] and absent[-1] < len(sequence) - AFTER:
            chosen.append(sequence)
        if len(chosen) == args.sequences:
            break
    print('| policy | AO where visible | returned | flagged while absent | flagged though right |')
    print('|---|---:|---:|---:|---:|')
    tried = {**POLICIES, 'easy': Recovery(found=tracker.lost_threshold)}
    if tracker.recovery is not None:
        tried["the config's"] = tracker.recovery
    for name, policy in tried.items():
        tracker.recovery = policy
        print(f'| {name} | {" | ".join(_measure(tracker, chosen))} |', flush=True)


def _measure(tracker: OnlineTracker, sequences: list[TrackingSequence]) -> list[str]:
    overlaps, returned, flags = [], 0, np.zeros(4, int)
    for sequence in sequences:
        tracker.init(sequence.frames[0], sequence.boxes[0])
        results = [tracker.track(sequence.frames[i]) for i in range(1, len(sequence))]
        visible, lost = sequence.visible[1:], np.array([result.lost for result in results])
        found, truth = (cxcywh_to_xyxy(xywh_to_cxcywh(torch.as_tensor(np.array(boxes, np.float64))))
                        for boxes in ([result.box for result in results], sequence.boxes[1:]))
        overlap = iou(found, truth).numpy()
        right, last = visible & (overlap > 0.5), int(np.flatnonzero(~visible)[-1])
        overlaps.append(overlap[visible].mean())
        returned += bool((overlap[last + 1:last + 16] > 0.5).any())
        flags += [(lost & ~visible).sum(), (~visible).sum(), (lost & right).sum(), right.sum()]
    return [f'{np.mean(overlaps):.3f}', f'{returned} of {len(sequences)}', '{} of {}'.format(*flags[:2]),
            '{} of {}'.format(*flags[2:])]


if __name__ == '__main__':
    main()
