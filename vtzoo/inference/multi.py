"""Many targets in one video: their crops pass the network together."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vtzoo.inference.online import OnlineTracker, Result
from vtzoo.models.tracker import Prediction


class MultiTracker:
    """Follows any number of targets with one network, as one :class:`OnlineTracker` each would.

    Targets come and go at any frame; each has its own templates and its own update times. Those whose
    memories have one shape are read in one batch.

    Args:
        tracker: its network and settings serve every target; it is not changed.

    Example::

        targets = MultiTracker(vtzoo.load_tracker(...))
        targets.add(first_image, (10, 20, 30, 40), 'dog')
        for image in images:
            for name, result in targets.track(image).items():
                print(name, result.box)
    """

    def __init__(self, tracker: OnlineTracker) -> None:
        self.tracker = tracker
        self.targets: dict[str, OnlineTracker] = {}
        self._joined: dict[tuple, tuple[list, Any]] = {}

    def __len__(self) -> int:
        return len(self.targets)

    def add(self, image: np.ndarray, box: Sequence[float], name: str) -> None:
        """Follow another target from this image on.

        Raises:
            ValueError: the name is taken, the image has another size than the others', or init refuses.
        """
        if name in self.targets:
            raise ValueError(f'there is a target {name!r} already: remove it first, or give this one another name.')
        target = copy.copy(self.tracker)
        target.init(image, box)
        for other in self.targets.values():
            other.check_next(image)
        self.targets[name] = target

    def remove(self, name: str) -> None:
        """Follow a target no longer; ValueError where there is none of that name."""
        if name not in self.targets:
            raise ValueError(f'there is no target {name!r}; there are: {", ".join(map(repr, self.targets)) or "none"}.')
        del self.targets[name]

    @torch.inference_mode()
    def track(self, image: np.ndarray) -> dict[str, Result]:
        """Find every target in the next frame -> its result by name, in the order in which they were added.

        Raises:
            RuntimeError: there is no target.
            ValueError: for an image that is none, or of another size than the first.
        """
        if not self.targets:
            raise RuntimeError('there is nothing to track: call add(image, box, name) before track.')
        for target in self.targets.values():
            image = target.check_next(image)
        groups: dict[tuple, list[str]] = {}
        for name, target in self.targets.items():
            groups.setdefault(_shapes(target.memory), []).append(name)
        found = {}
        for shape, names in groups.items():
            found |= zip(names, self._read(image, shape, [self.targets[name] for name in names]), strict=True)
        self._joined = {shape: self._joined[shape] for shape in groups}
        return {name: target.move(image, *found[name]) for name, target in self.targets.items()}

    def _read(self, image: np.ndarray, shape: tuple, targets: list[OnlineTracker]) -> list[tuple[Prediction, Any]]:
        """One batch -> each target's prediction and box."""
        crops = [target.search_crop(target.box) for target in targets]
        search = torch.cat([target._cut(crop, image, target.fill) for target, crop in zip(targets, crops, strict=True)])

        model = self.tracker.model
        features, candidates = model.candidates(search, self._memory(shape, targets))
        index = torch.cat([target.ranking.select(_row(candidates, i), crop, target.box)
                           for i, (target, crop) in enumerate(zip(targets, crops, strict=True))])
        batch = model.score(features, candidates, index)
        height, width = image.shape[:2]
        predictions = [_row(batch, i) for i in range(len(targets))]
        return [(one, target.ranking.to_box(one, crop, target.box, width, height))
                for one, target, crop in zip(predictions, targets, crops, strict=True)]

    def _memory(self, shape: tuple, targets: list[OnlineTracker]) -> Any:
        """The targets' memories as one, joined anew where one of them changed."""
        memories = [target.memory for target in targets]
        kept, joined = self._joined.get(shape, ([], None))
        if len(kept) != len(memories) or any(a is not b for a, b in zip(kept, memories, strict=True)):
            joined = memories[0] if len(memories) == 1 else _join(memories)
        self._joined[shape] = memories, joined
        return joined


def _shapes(value: Any) -> tuple:
    """Of every tensor in nested tuples."""
    return tuple(value.shape) if isinstance(value, Tensor) else tuple(map(_shapes, value or ()))


def _join(values: Sequence[Any]) -> Any:
    """Nested tuples of tensors (1, ...), joined tensor by tensor to (B, ...)."""
    if not isinstance(values[0], tuple):
        return torch.cat(list(values)) if isinstance(values[0], Tensor) else values[0]
    parts = [_join(part) for part in zip(*values, strict=True)]
    return type(values[0])(*parts) if hasattr(values[0], '_fields') else tuple(parts)


def _row(values: Any, i: int) -> Any:
    """Sample i of a named tuple of tensors (B, ...); what all samples share (cell centres) stays."""
    return values._replace(**{
        name: _row(value, i) if isinstance(value, tuple) else value[i:i + 1] for name, value in values._asdict().items()
        if isinstance(value, Tensor | tuple) and name != 'points'})
