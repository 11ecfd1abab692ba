"""Counting frames that reach thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtzoo.evaluation.scoring.measures import Frames
from vtzoo.evaluation.scoring.protocols import Protocol


@dataclass
class Counts:
    """What a sequence's scores are made of.

    Args:
        curves: curve -> (K,) frames that reach each threshold.
        sums: 'overlap' or 'covered' -> sum over its frames.
        frames: how many count.
        valid: how many of them have a valid truth.
        defined: False: an overlap is NaN.
    """

    curves: dict[str, np.ndarray]
    sums: dict[str, float]
    frames: int
    valid: int
    defined: bool

    def __add__(self, other: Counts) -> Counts:
        return Counts({name: values + other.curves[name] for name, values in self.curves.items()},
                      {name: value + other.sums[name] for name, value in self.sums.items()},
                      self.frames + other.frames, self.valid + other.valid, self.defined and other.defined)


def count(rules: Protocol, frames: Frames) -> Counts:
    """Frames (n,) -> their counts. What is NaN reaches no threshold."""
    curves, sums = {}, {}
    ordered = np.sort(frames.overlap)  # NaN goes to the end
    known = len(ordered)
    if known and np.isnan(ordered[-1]):
        known = int(np.searchsorted(ordered, np.nan))
    if 'success' in rules.reported:
        side = 'left' if rules.at_least else 'right'
        reached = known - np.searchsorted(ordered[:known], rules.success, side)
        if rules.zero_overlap_misses and rules.success[0] == 0:
            reached[0] = known - np.searchsorted(ordered[:known], 0, 'right')
        curves['success'] = reached
    for name, errors in (('precision', frames.error), ('norm_precision', frames.norm_error)):
        if name in rules.reported:
            curves[name] = np.searchsorted(np.sort(errors), getattr(rules, name), 'right')
    if 'overlap' in rules.reported:
        sums['overlap'] = float(np.maximum(ordered[:known], 0).sum())
    if 'covered' in rules.reported:
        sums['covered'] = float(frames.covered.sum())
    return Counts(curves, sums, len(ordered), int(frames.valid.sum()),
                  rules.nan_overlap == 'kept' or known == len(ordered))
