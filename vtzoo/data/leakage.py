"""What a tracker may train on, given what it will be judged by.

A split has one name, 'lasot/test', in configs, in the records of a run and here.
"""

from __future__ import annotations

from collections.abc import Iterable

from vtzoo.data.sequence import Dataset
from vtzoo.registry import DATASETS, find, names

Split = tuple[str, str]
"""Name of a set and of a split: ('lasot', 'test'), the ``name`` and ``split`` of a Dataset."""

FORBIDDEN_BY_VOT = dict(train=1000, train_full=1000, train_fixed=994, vottrain=765, votval=125)
"""How many of the 1000 GOT-10k sequences that VOT forbids are in a split. vottrain and votval were made to hold
none, but the released line numbers are off by one (counted from tables/got10k_*.txt)."""


def is_held_out(name: str, split: str) -> bool:
    """Whether a split is for judging."""
    return split == 'test' or any(
        split in cls.held_out and name == getattr(cls, 'name', split) for cls in all_readers())


def all_readers() -> list[type[Dataset]]:
    """Every data set that is registered."""
    return [find(DATASETS, name) for name in names(DATASETS)]


def leaks(training: Iterable[Split], judged: Iterable[Split] = ()) -> dict[str, str]:
    """'set/split' of the training splits that are forbidden -> why.

    Args:
        training: the splits trained on.
        judged: the splits the tracker will be judged by.
    """
    judged, found = list(judged), {}
    for name, split in training:
        reason = _reason(name, split, judged)
        if reason:
            found[f'{name}/{split}'] = reason
    return found


def refuse_leaks(training: Iterable[Split], judged: Iterable[Split] = (), allow: Iterable[str] = ()) -> None:
    """Raise unless every forbidden training split is allowed by name.

    Args:
        training, judged: see :func:`leaks`.
        allow: such as 'lasot/test'.

    Raises:
        ValueError: says which splits are forbidden, why, and what to write to train on them all the same.
    """
    found = {split: reason for split, reason in leaks(training, judged).items() if split not in set(allow)}
    if found:
        reasons = '; '.join(f'{split} {reason}' for split, reason in found.items())
        raise ValueError(f'training is refused: {reasons}. Leave it out, or allow it by name: '
                         f'train_dataloader.dataset.allow=[{", ".join(map(repr, found))}].')


def _reason(name: str, split: str, judged: list[Split]) -> str | None:
    if is_held_out(name, split):
        return 'is for judging'
    for other, part in judged:
        if name == other and {split, part} != {'vottrain', 'votval'} and part in (split, 'vottrain', 'votval'):
            return f'holds what {other}/{part} judges by'
        if other == 'got10k' and part == 'test' and name != 'got10k':
            return 'is outside the GOT-10k protocol, which trains on the training split of GOT-10k alone'
        if other.startswith('vot') and name == 'got10k' and split in FORBIDDEN_BY_VOT:
            return (f'holds {FORBIDDEN_BY_VOT[split]} of the sequences that VOT forbids '
                    "(split='train_without_vot' holds none)")
    return None
