"""What cannot work fails at build, in one sentence that says what to write instead.

Parts check their own arguments with :func:`require`; here stand the checks between parts.
"""

from __future__ import annotations

from collections.abc import Sequence

from vtzoo.models.heads.base import Head
from vtzoo.models.losses import LossTerm
from vtzoo.utils.require import require

PARTS = ('backbone', 'fusion', 'head', 'confidence')


def check_losses(head: Head, losses: Sequence[LossTerm]) -> None:
    """Every output of the head is trained by a loss, and every loss finds its output."""
    name = type(head).__name__
    trained = sorted(head.gives - {'confidence'})  # no loss trains a confidence
    kinds = [type(term).__name__ for term in losses]
    for kind in kinds:
        require(kinds.count(kind) == 1,
                f'losses names {kind} more than once: write it once, with the sum of the weights.')
    for term in losses:
        require(term.needs in head.gives,
                f'{type(term).__name__} needs {term.needs}, {name} gives only {" and ".join(trained)}: '
                f'leave losses out for its defaults, or take a head that gives {term.needs} (DoubleHead).')
        if isinstance(term.weight, dict):
            require(set(term.weight) == set(head.branches),
                   f'{type(term).__name__} weighs the branches {", ".join(term.weight)}, '
                   f'{name} has {", ".join(head.branches)}: give each of them a weight, or one number for all.')
    for output in sorted(set(trained) - {term.needs for term in losses}):
        require(False, f'no loss trains the {output} of {name}: leave losses out for its defaults, or add '
                      + ("dict(type='FocalLoss')." if output == 'scores' else "dict(type='GIoULoss')."))


def check_frozen(frozen: Sequence[str], confident: bool) -> None:
    """Frozen parts exist, and something is left to train."""
    present = [part for part in PARTS if part != 'confidence' or confident]
    for part in frozen:
        require(part in present, f'frozen names {part!r}, the parts are {", ".join(present)}: write some of these.')
    require(set(frozen) != set(present), 'frozen leaves nothing to train: take at least one part out of it.')


def check_confidence(frozen: Sequence[str], confident: bool) -> None:
    """A confidence module is trained in a second stage, with all else frozen."""
    rest = {'backbone', 'fusion', 'head'}
    require(not confident or rest <= set(frozen),
           "a confidence module trains in a second stage: write frozen=('backbone', 'fusion', 'head').")
    require(confident or 'head' not in frozen,
            'a frozen head without a confidence module leaves no loss: take head out of frozen.')
