"""Means, spreads and intervals of a score that was measured for several seeds on the same sequences."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES, SEED = 10_000, 0


class Estimate(NamedTuple):
    """mean; its 95 % interval low to high; spread: standard deviation of the seeds' means, NaN for a single seed."""

    mean: float
    low: float
    high: float
    spread: float


def estimate(scores: np.ndarray) -> Estimate:
    """Of (seeds, sequences): the interval is a bootstrap over sequences, all seeds together."""
    means = _resampled(scores, seeds=False)
    return Estimate(float(scores.mean()), *_interval(means), _spread(scores))


def difference(scores: np.ndarray, baseline: np.ndarray) -> Estimate:
    """``scores`` less ``baseline``, each (seeds, sequences), pairs of the same seed and sequence.

    Seeds and sequences are both drawn with replacement, so the interval holds chance in training and in the choice of
    sequences.
    """
    better = scores - baseline
    return Estimate(float(better.mean()), *_interval(_resampled(better, seeds=True)), _spread(better))


def _resampled(scores: np.ndarray, seeds: bool) -> np.ndarray:
    """(RESAMPLES,) means."""
    rng, (rows, columns) = np.random.default_rng(SEED), scores.shape
    drawn = rng.integers(0, columns, (RESAMPLES, columns))
    if not seeds or rows == 1:
        return scores.mean(0)[drawn].mean(1)
    which = rng.integers(0, rows, (RESAMPLES, rows))
    weights = np.stack([(which == row).mean(1) for row in range(rows)], 1)  # (RESAMPLES, seeds)
    means = np.stack([row[drawn].mean(1) for row in scores], 1)
    return (weights * means).sum(1)


def _interval(means: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _spread(scores: np.ndarray) -> float:
    return float(scores.mean(1).std(ddof=1)) if len(scores) > 1 else float('nan')
