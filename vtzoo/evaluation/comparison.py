"""Trackers beside one another: differences that chance explains and those it does not, and subsets by attribute."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.scoring.score import Scores

RESAMPLES, SEED = 10_000, 0


class Difference(NamedTuple):
    """How much better one tracker is than another: percent, with its 95 % interval over sequences.

    wins: on how many of the sequences it is better.
    """

    mean: float
    low: float
    high: float
    wins: int
    sequences: int


def difference(scores: Scores, other: Scores, measure: str) -> Difference:
    """``scores`` less ``other`` on the sequences both have; the interval is a bootstrap over sequences.

    Sequences are drawn with replacement, as often as there are, RESAMPLES times, always the same for a seed.
    Where the protocol pools frames, a sequence weighs as many frames as it has.

    Raises:
        ValueError: they share no sequence.
    """
    common = [name for name in scores.names if name in set(other.names)]
    if not common:
        raise ValueError('the two trackers share no scored sequence.')
    ours, theirs = (np.array([one.names.index(name) for name in common]) for one in (scores, other))
    better = scores.scores[measure][ours] - other.scores[measure][theirs]
    weights = scores.frames[ours] if scores.protocol.pooled else np.ones(len(common))
    drawn = np.random.default_rng(SEED).integers(0, len(common), (RESAMPLES, len(common)))
    means = (better * weights)[drawn].sum(1) / weights[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    mean = float((better * weights).sum() / weights.sum())
    return Difference(mean, float(low), float(high), int((better > 0).sum()), len(common))


def subsets(dataset: str, sequences: Iterable[TrackingSequence]) -> dict[str, list[str]]:
    """Attribute -> names of the sequences that have it; empty: the set has none.

    Taken from the set's reader (``sequence.attributes['attributes']``), else from a list that is kept here.
    """
    found: dict[str, list[str]] = {}
    path = Path(__file__).parent / 'attribute_lists' / f'{dataset}.csv'
    listed = _read_list(path) if path.is_file() else {}
    for sequence in sequences:
        for attribute in sequence.attributes.get('attributes', listed.get(sequence.name, ())):
            found.setdefault(attribute, []).append(sequence.name)
    return found


def _read_list(path: Path) -> Mapping[str, list[str]]:
    """TrackingSequence -> its attributes."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith('#')]
    return {row.pop('name'): [name for name, has in row.items() if has == '1'] for row in csv.DictReader(lines)}
