"""What every head promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor

from vtzoo.structures import Boxes, Features, Spec
from vtzoo.utils.require import require

GIVES = ('boxes', 'scores', 'confidence')
"""What a head may give: fields of :class:`~vtzoo.structures.Boxes`."""


def at_least_float32(t: Tensor | None) -> Tensor | None:
    """Half precisions become float32; float32 and float64 stay."""
    return t if t is None else t.to(torch.promote_types(t.dtype, torch.float32))


def without_autocast(device: torch.device) -> torch.autocast:
    """A context in which autocast is off. The meta device, on which cost is counted, has no autocast of its own."""
    return torch.autocast('cpu' if device.type == 'meta' else device.type, enabled=False)


class Head(BaseModule):
    """Features become boxes. Built with the fusion's spec and the side of the search crop in pixels.

    A head says what it gives, in which branches, and with which losses it is trained when a config
    names none.
    """

    references: tuple[str, ...]  # keys of vtzoo/zoo/references.bib
    small: Sequence[Mapping[str, Any]] = ({},)  # arguments of a small one, with which tests try every combination
    gives: frozenset[str]  # the fields of Boxes that it fills: 'boxes', and 'scores' or 'confidence' or none
    branches: tuple[str, ...] = ('box',)
    needs_tokens: bool = False  # whether its query tokens must pass the fusion (Spec.token_channels > 0)
    score_description: str = ''  # one line: what result.score is when there is no confidence module
    lost_threshold: float = 0.3  # a score under this counts as lost

    def __init__(self, spec: Spec, size: int) -> None:
        super().__init__()
        self.spec, self.size = spec, size
        check_head(self)
        if not self.score_description:
            self.score_description = (
                'sigmoid of the score of the chosen box' if 'scores' in self.gives else
                'confidence of the head in the chosen box' if 'confidence' in self.gives else
                'overlap with the box of the frame before: the head predicts no score of its own')

    @property
    def confident(self) -> bool:
        """Whether each of its boxes comes with a confidence: one of its own, or the sigmoid of a score."""
        return bool(self.gives & {'scores', 'confidence'})

    def default_losses(self) -> list[dict]:
        """Loss configs used when a tracker's config names none."""
        return [dict(type='GIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)]

    def queries(self, batch: int) -> Tensor | None:
        """(B, Q, D) query tokens that the fusion must carry; None: none."""
        return None

    def points(self, h: int, w: int) -> Tensor:
        """(N, 2) x y of cell centres in 0..1: whole pixels, the map centred in the crop, as SparseTT has them."""
        def axis(n: int) -> Tensor:
            first = (self.size - 1 - (n - 1) * self.spec.stride) // 2
            return (first + torch.arange(n) * self.spec.stride) / self.size
        y, x = torch.meshgrid(axis(h), axis(w), indexing='ij')
        return torch.stack([x.flatten(), y.flatten()], -1)

    def forward(self, features: Features) -> dict[str, Boxes]:
        """-> {branch: Boxes}. In float32 whatever autocast does: corners are weighted sums of many cells."""
        with without_autocast(features.x.device):
            maps = {name: at_least_float32(getattr(features, name)) for name in ('x', 'z', 'q')}
            branches = self.predict(features._replace(**maps))
        check_branches(self, branches)
        return branches

    def predict(self, features: Features) -> dict[str, Boxes]:
        """The head itself; see :meth:`forward`."""
        raise NotImplementedError

    def maps(self, features: Features) -> dict[str, Tensor]:
        """What `vtzoo visualize` shows of this head beside its scores: name -> (B, H', W') values in 0..1."""
        return {}

    def merge(self, branches: dict[str, Boxes]) -> Boxes:
        """The candidates of tracking."""
        return branches[self.branches[0]]

    def candidates(self, branches: dict[str, Boxes]) -> Boxes:
        """The merged branches, with a confidence where the head gives scores but no confidence of its own."""
        merged = self.merge(branches)
        if merged.confidence is None and merged.scores is not None:
            merged = merged._replace(confidence=merged.scores.sigmoid())
        return merged


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


def check_branches(head: Head, branches: dict[str, Boxes]) -> None:
    """Raise ValueError unless a head gave what it declares."""
    name = type(head).__name__
    require(isinstance(branches, dict) and set(branches) == set(head.branches),
            f'{name} declares the branches {", ".join(head.branches)} and gave '
            f'{", ".join(branches) if isinstance(branches, dict) else type(branches).__name__}: make them agree.')
    for branch, boxes in branches.items():
        given = {field for field in GIVES if getattr(boxes, field) is not None}
        require(given == head.gives,
                f'{name} declares gives={{{", ".join(sorted(head.gives))}}}, its branch {branch} fills '
                f'{", ".join(sorted(given))} of Boxes: make them agree.')
