"""The figures of a validation, in training and in the quick start: GOT-10k's AO and SR0.5, by its own protocol."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.benchmarks import truth_of
from vtzoo.evaluation.results import SequenceResult
from vtzoo.evaluation.scoring.alignment import Truth
from vtzoo.evaluation.scoring.protocols import PROTOCOLS
from vtzoo.evaluation.scoring.score import Case, score

RULES = PROTOCOLS['got10k']


def validation_case(sequence: TrackingSequence, result: SequenceResult) -> Case:
    """A tracker's boxes beside the truth. Frames whose box is not known count as absent, whatever their flags say."""
    truth = truth_of(sequence, sized=RULES.clipped)
    unknown = np.isnan(truth.boxes).any(1)
    return Case(sequence.name, Truth(truth.boxes, truth.absent | unknown, truth.size), [result.boxes], result.seconds)


def average_overlap(cases: Iterable[Case]) -> dict[str, float]:
    """-> {'AO', 'SR0.5'} in 0..1, pooled over the frames of all sequences: what protocol ``got10k`` gives.

    Sequences that show their target in no frame but the first do not count.

    Raises:
        ValueError: there are no sequences, or none of them counts.
    """
    cases = list(cases)
    if not cases:
        raise ValueError('not one validation sequence can be read: check the set with `vtzoo data check`.')
    overall = score(RULES, {'validation': cases})['validation'].overall
    return {name: overall[name] / 100 for name in ('AO', 'SR0.5')}
