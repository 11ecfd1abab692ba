"""What a search found, in words and as lines for a config."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtzoo.boxes import cxcywh_to_xyxy, iou
from vtzoo.evaluation.benchmarks import truth_of
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.sweep.statistics import difference
from vtzoo.tuning.maps import MappedTracker, Maps
from vtzoo.tuning.search import Found, Task
from vtzoo.tuning.space import changed


def report(task: Task, found: Found, maps: Maps) -> str:
    """The best settings beside the config's own, their difference with a paired interval, and lines for a config."""
    values = {name: value if task.space[name].whole else round(value, 4) for name, value in found.values.items()}
    settings = changed(task.settings, values)
    one = difference(found.scores[None], found.default[None])
    lines = ['', f'{found.finished + found.pruned} trials, {found.pruned} of them stopped early. '
             f'The network was run for {maps.asked - maps.taken} of {maps.asked} frames and templates of this call.',
             f"{found.measure}: {found.scores.mean():.2f}, the config's own settings {found.default.mean():.2f}; "
             f'difference {one.mean:+.2f} [95 % interval over sequences, paired: {one.low:+.2f}, {one.high:+.2f}].']
    if one.mean <= 0:
        return '\n'.join([*lines, "Nothing better than the config's own settings was found."])
    if one.low <= 0:
        lines.append('These sequences do not tell the two apart.')
    lines.append('The best of many tries on these very sequences looks better than it is: test it on others.')
    lost = lost_threshold(task, settings, maps)
    if lost is not None:
        settings['lost_threshold'] = round(lost, 3)
        lines.append('lost_threshold moves no box here; it is where `lost` agrees best with the truth.')
    return '\n'.join([*lines, '', 'tracking = dict(', *(f'    {key}={_written(value)},'
                                                        for key, value in settings.items()), ')'])


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return f'dict({", ".join(f"{key}={_written(one)}" for key, one in value.items())})'
    return repr(value)


def lost_threshold(task: Task, settings: dict[str, Any], maps: Maps) -> float | None:
    """The score below which the object is lost most often and above which it is found most often, both counted alike.

    Lost means that the box does not meet the true one, or that the object is not in the frame. None: one of the two
    never happens.
    """
    tracker, scores, found = MappedTracker(maps, task.model, **settings, device=task.device), [], []
    for sequence in task.sequences:
        tracker.sequence, truth = sequence.name, truth_of(sequence)
        result = run_sequence(tracker, sequence)
        meets = overlaps(result.boxes, truth.boxes) > 0
        scores.append(result.scores[1:])
        found.append((meets & ~truth.absent)[1:])
    score, there = np.concatenate(scores), np.concatenate(found)
    if there.all() or not there.any():
        return None
    steps = np.unique(score)
    middles = (steps[1:] + steps[:-1]) / 2
    if not len(middles):
        return None
    right = [(score[there] >= step).mean() + (score[~there] < step).mean() for step in middles]
    return float(middles[int(np.argmax(right))])


def overlaps(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(F, 4) x y w h twice -> (F,) intersection over union, 0 where the truth is NaN."""
    import torch

    both = [torch.from_numpy(np.nan_to_num(np.asarray(one, np.float64))) for one in (boxes, truth)]
    ours, theirs = (cxcywh_to_xyxy(torch.cat([one[:, :2] + one[:, 2:] / 2, one[:, 2:]], 1)) for one in both)
    return np.nan_to_num(iou(ours, theirs).numpy())
