"""What the network said is kept, so that settings which only choose among its boxes need not run it again.

A map depends on three things: the templates, the frame, and the square of it that is searched. The square is laid
around the box of the frame before. Two trials therefore share a frame's map exactly as long as they chose the same
boxes before it, to the last digit, and hold the same templates: always on the second frame of a sequence, on all frames
while another window or penalty leads to the same choices, and no longer from the first frame on which they differ. A
rate that smooths sizes changes the box at once, so trials that differ in it share little more than the second frame.
What is shared is equal to what the network would have said again: nothing is rounded to be shared more often.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vtzoo.inference.online import OnlineTracker
from vtzoo.models.tracker import Prediction


class Maps:
    """Kept values, the longest unused ones dropped first.

    Args:
        limit: bytes of tensors that are kept.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self.limit, self.bytes, self.asked, self.taken = limit, 0, 0, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """The value that is kept under a key, else the computed one."""
        self.asked += 1
        if key in self._kept:
            self.taken += 1
            self._kept.move_to_end(key)
            return self._kept[key]
        value = self._kept[key] = compute()
        self.bytes += size_of(value)
        while self.bytes > self.limit and len(self._kept) > 1:
            self.bytes -= size_of(self._kept.popitem(last=False)[1])
        return value


def size_of(value: Any) -> int:
    """Bytes of every tensor in nested tuples."""
    if isinstance(value, Tensor):
        return value.nbytes
    return sum(map(size_of, value)) if isinstance(value, tuple) else 0


class MappedTracker(OnlineTracker):
    """A tracker that asks :class:`Maps` before its network. Its results are those of the plain tracker.

    Args:
        maps: shared by trackers of one model and one crop.
        others: see :class:`~vtzoo.inference.online.OnlineTracker`.

    ``sequence`` names the video; set it before ``init``.
    """

    sequence: str = ''

    def __init__(self, maps: Maps, *others: Any, **settings: Any) -> None:
        super().__init__(*others, **settings)
        self.maps = maps

    def step(self, image: np.ndarray, last: np.ndarray) -> tuple[Prediction, np.ndarray]:
        crop = self.search_crop(last)
        templates, memory = self.memory
        features, candidates = self.maps.once(
            (self.sequence, self.frame, templates, crop), lambda: self._read(crop, image, memory))
        prediction = self.model.score(features, candidates, self.ranking.select(candidates, crop, last))
        return prediction, self.ranking.to_box(prediction, crop, last, image.shape[1], image.shape[0])

    def _read(self, crop: Any, image: np.ndarray, memory: Any) -> tuple[Any, Any]:
        features, candidates = self.model.candidates(self._cut(crop, image, self.fill), memory)
        return features if self.model.confidence is not None else None, candidates  # only an SPM reads them again

    def _memorize(self, templates: Tensor) -> tuple[bytes, Any]:
        """-> what tells these templates from others, and the memory of them."""
        key = hashlib.sha256(templates.cpu().numpy().tobytes()).digest()
        with torch.inference_mode():
            return key, self.maps.once(key, lambda: super(MappedTracker, self)._memorize(templates))
