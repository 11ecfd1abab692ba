"""What every head promises."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor

from vtzoo.structures import Boxes, Features, Spec


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
    gives: frozenset[str]  # {'boxes'} or {'boxes', 'scores'}
    branches: tuple[str, ...] = ('box',)
    score_description: str  # one line: what result.score is when there is no confidence module
    lost_threshold: float  # a score under this counts as lost

    def __init__(self, spec: Spec, size: int) -> None:
        super().__init__()
        self.spec, self.size = spec, size

    def default_losses(self) -> list[dict]:
        """Loss configs used when a tracker's config names none."""
        return [dict(type='GIoULoss', weight=2.0), dict(type='L1Loss', weight=5.0)]

    def queries(self, batch: int) -> Tensor | None:
        """(B, Q, D) query tokens that the fusion must carry; None: none."""
        return None

    def forward(self, features: Features) -> dict[str, Boxes]:
        """-> {branch: Boxes}. In float32 whatever autocast does: corners are weighted sums of many cells."""
        with without_autocast(features.x.device):
            return self.predict(Features(*map(at_least_float32, features)))

    def predict(self, features: Features) -> dict[str, Boxes]:
        """The head itself; see :meth:`forward`."""
        raise NotImplementedError

    def merge(self, branches: dict[str, Boxes]) -> Boxes:
        """What tracking uses."""
        return branches[self.branches[0]]
