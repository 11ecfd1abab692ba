"""The validation figures of a training run: GOT-10k's AO and SR0.5."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from vtzoo.boxes import iou
from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.run_sequence import SequenceResult

Counts = tuple[float, int, int]
"""Sum of overlaps, frames with an overlap above 0.5, frames."""


def overlap_counts(sequence: TrackingSequence, result: SequenceResult) -> Counts:
    """Over a sequence's visible frames but the first."""
    seen = sequence.visible.copy()
    seen[0] = False
    truth, found = (torch.from_numpy(np.asarray(boxes, np.float64)[seen]) for boxes in (sequence.boxes, result.boxes))
    overlap = iou(_corners(truth), _corners(found))
    return float(overlap.sum()), int((overlap > 0.5).sum()), len(overlap)


def average_overlap(processes: Iterable[Iterable[Counts]]) -> dict[str, float]:
    """-> {'AO', 'SR0.5'} in 0..1, pooled over the frames of all sequences of all processes.

    Raises:
        ValueError: there are no sequences, or no frames.
    """
    found = [counts for process in processes for counts in process]
    if not found:
        raise ValueError('not one validation sequence can be read: check the set with `vtzoo data check`.')
    overlap, success, frames = np.sum(found, 0)
    if not frames:
        raise ValueError('the validation sequences show their target in no frame but the first.')
    return {'AO': float(overlap / frames), 'SR0.5': float(success / frames)}


def _corners(boxes: torch.Tensor) -> torch.Tensor:
    return torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
