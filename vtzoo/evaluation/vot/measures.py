"""Accuracy, robustness and expected average overlap of VOT's anchor protocol (vot/analysis/multistart.py).

From each anchor the tracker runs forward or backward to the end of the sequence. Source of the protocol: Kristan et
al., The Eighth Visual Object Tracking VOT2020 Challenge Results, ECCVW 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

THRESHOLD, GRACE = 0.1, 10
LOW, HIGH = 115, 755


@dataclass(frozen=True)
class Run:
    """A tracker's run from one anchor: overlaps (L,) with the truth, and where the truth is empty, (L,) bool.

    The first overlap is that of the given region, which the toolkit counts as 0.
    """

    overlaps: np.ndarray
    empty: np.ndarray

    @property
    def progress(self) -> int:
        """Frames before the tracker fails: GRACE in a row at or below THRESHOLD, where there is a truth."""
        lost = np.convolve((self.overlaps <= THRESHOLD) & ~self.empty, np.ones(GRACE), 'valid') == GRACE
        return int(lost.argmax()) if len(self.overlaps) >= GRACE and lost.any() else len(self.overlaps)


@dataclass(frozen=True)
class VOTScores:
    """Accuracy, robustness and expected average overlap, 0..1, and the curve the last is the mean of."""

    accuracy: float
    robustness: float
    eao: float
    curve: np.ndarray


def accuracy_robustness(runs: Sequence[Run]) -> tuple[float, float, int]:
    """Of one sequence -> mean overlap before failure, share of frames before failure, frames before failure."""
    progress = sum(run.progress for run in runs)
    overlap = sum(float(run.overlaps[:run.progress].sum()) for run in runs)
    return overlap / progress if progress else 0.0, progress / sum(len(run.overlaps) for run in runs), progress


def overlap_curve(runs: Sequence[Run], high: int = HIGH) -> tuple[np.ndarray, np.ndarray]:
    """Of one sequence -> mean overlap of the first j frames, over the runs that count there, and how many do, (high,).

    A failed run goes on with overlap 0; one that ended without failure counts up to its end.
    """
    total, active = np.zeros(high), np.zeros(high)
    for run in runs:
        length, failed = len(run.overlaps), run.progress < len(run.overlaps)
        kept = np.where(np.arange(length) < run.progress, run.overlaps, 0)
        reach = min(length, high)
        frames = np.arange(1, reach)
        total[1:reach] += np.cumsum(kept[1:])[:reach - 1] / frames
        active[1:reach] += 1
        if failed and high > length:
            total[length:] += kept[1:].sum() / (np.arange(length, high) - 1)
            active[length:] += 1
    return np.divide(total, active, out=np.zeros(high), where=active > 0), active


def vot_scores(sequences: Sequence[tuple[Sequence[Run], int]], low: int = LOW, high: int = HIGH) -> VOTScores:
    """Over sequences, each its runs and its length in frames.

    Raises:
        ValueError: there are none, or one has no runs.
    """
    if not sequences or not all(runs for runs, _ in sequences):
        raise ValueError('VOT measures need sequences, and a run from every anchor of each.')
    each = [accuracy_robustness(runs) for runs, _ in sequences]
    lengths = np.array([length for _, length in sequences])
    accuracies, shares, progress = map(np.array, zip(*each, strict=True))
    curves, active = map(np.array, zip(*(overlap_curve(runs, high) for runs, _ in sequences), strict=True))
    weights = active.sum(0)
    curve = np.divide((curves * active).sum(0), weights, out=np.zeros(high), where=weights > 0)
    accuracy = (accuracies * progress).sum() / progress.sum() if progress.sum() else 0.0
    return VOTScores(float(accuracy), float((shares * lengths).sum() / lengths.sum()),
                     float(curve[low:high + 1].mean()), curve)
