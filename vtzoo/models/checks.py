"""What cannot work fails at build, in one sentence that says what to write instead.

Parts check their own arguments with :func:`require`; here stand the checks between parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vtzoo.utils.require import require

if TYPE_CHECKING:
    from vtzoo.models.heads import Head
    from vtzoo.models.losses import LossTerm

GIVES = ('boxes', 'scores', 'confidence')
"""What a head may give: fields of :class:`~vtzoo.structures.Boxes`."""
PARTS = ('backbone', 'fusion', 'head', 'confidence')


def require_heads(name: str, dim: int, heads: int) -> None:
    """Attention heads share the channels evenly."""
    require(dim > 0 and heads > 0 and dim % heads == 0,
            f'{name} cannot split dim={dim} into {heads} heads: write heads that divide it.')


def check_head(head: Head) -> None:
    """A head declares what it gives in words that the other parts know."""
    name, gives = type(head).__name__, getattr(head, 'gives', None)
    require(isinstance(gives, set | frozenset) and 'boxes' in gives and gives <= set(GIVES),
            f"{name} must declare what it gives, such as gives = frozenset({{'boxes', 'scores'}}): "
            f'boxes, and of scores and confidence what it fills in Boxes; not {gives!r}.')
    branches = getattr(head, 'branches', None)
    require(head.spec.token_channels > 0 or not getattr(head, 'needs_tokens', False),
            f'{name} needs a fusion that lets its token read the search region: write '
            "fusion=dict(type='CrossAttention', style='self-cross') or another fusion, "
            "or take head=dict(type='CornerHead').")
    require(isinstance(branches, tuple) and branches and all(isinstance(branch, str) for branch in branches),
            f"{name} must declare its branches as a tuple of names, such as branches = ('box',); not {branches!r}.")


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
