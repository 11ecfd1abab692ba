"""The part of a benchmark that is on this disk: three of LaSOT's 280 sequences, say."""

from __future__ import annotations

from vtzoo.data.sequence import Dataset, MissingFrameError, MissingSequenceError, TrackingSequence
from vtzoo.utils.progress import progress

PARTIAL = 'partial set'
"""The column of every table that says so."""


class PartialSet(Dataset):
    """The sequences of a set that are on disk. One that is there and damaged is not left out.

    Args:
        dataset: the set.

    Raises:
        ValueError: none of it is on disk.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset, self.whole = dataset, len(dataset)
        self.name, self.split, self.base = dataset.name, dataset.split, dataset.base
        self.protocol, self.is_video = dataset.protocol, dataset.is_video
        self.indices, missing = present(dataset)
        if not self.indices:
            raise ValueError(f'no sequence of the set is on disk, the first: {missing}')

    @property
    def part(self) -> str | None:
        """'3 of 280 sequences'; None: all are on disk."""
        return f'{len(self)} of {self.whole} sequences' if len(self) < self.whole else None

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> TrackingSequence:
        return self.dataset[self.indices[index]]


def present(dataset: Dataset) -> tuple[list[int], str]:
    """Which sequences are on disk, and what the first of the others says."""
    found, missing = [], ''
    for i in progress(range(len(dataset)), 'looking for the sequences'):
        try:
            _check_frames(dataset[i])
        except MissingSequenceError as error:
            missing = missing or str(error)
            continue
        except (ValueError, OSError):
            pass  # it is there; what is wrong with it is told when it is run or scored
        found.append(i)
    return found, missing


def _check_frames(sequence: TrackingSequence) -> None:
    """Check that some frame of a sequence is there: the first, the middle or the last one.

    Raises:
        MissingSequenceError: none of them is, so the annotation lies alone.
    """
    faults = []
    for index in (0, len(sequence) // 2, len(sequence) - 1):
        try:
            sequence.frames.size(index)
        except MissingFrameError as error:
            faults.append(error)
        else:
            return
    raise MissingSequenceError(f'of {sequence.name} only the annotation is there: {faults[0]}')
