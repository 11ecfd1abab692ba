"""An online tracker that keeps what it saw: crops, attention maps, and the maps of its head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from einops import rearrange, reduce
from torch import Tensor

from vtzoo.inference.online import OnlineTracker
from vtzoo.introspection.streams import Segment, template_names
from vtzoo.introspection.watch import Look, Watch
from vtzoo.models.tracker import Prediction
from vtzoo.structures import Boxes, Features


class Glance(NamedTuple):
    """What the target's cells of one stream see in another, in one attention.

    look: the attention. who: the stream of the queries. whom: the stream of the keys. heat (h, w): weights over the
    keys' cells, the mean over heads and over the queries that lie on the target. share: how much of their attention
    that is, 0..1. kept (h, w): how many of them keep a cell, 0..1; None for dense attention.
    """

    look: Look
    who: str
    whom: str
    heat: np.ndarray
    share: float
    kept: np.ndarray | None


class Observer(OnlineTracker):
    """Tracks as its parent does, and keeps the last step. Attention is computed in the open, so it is slower.

    Arguments: see :class:`OnlineTracker`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.model.head.register_forward_hook(self._keep_head)
        self.watch = Watch(self.model)

    def _keep_head(self, head: Any, inputs: tuple[Features], branches: dict[str, Boxes]) -> None:
        self.features, self.branches = inputs[0], branches

    def _memorize(self, templates: Tensor) -> Any:
        with self.watch.memorizing(templates) as looks:
            memory = super()._memorize(templates)
        self.kept_templates, self.memorized = templates, looks
        return memory

    def step(self, image: np.ndarray, last: np.ndarray) -> tuple[Prediction, np.ndarray]:
        """See :meth:`OnlineTracker.step`."""
        self.search = self.search_crop(last).cut(image, self.fill)
        self.templates_seen = [self._picture(template) for template in self.kept_templates]
        with self.watch.tracking() as looks:
            prediction, box = super().step(image, last)
        self.looks, self.prediction = [*self.memorized, *looks], prediction
        return prediction, box

    def _picture(self, template: Tensor) -> np.ndarray:
        """A normalised (3, h, w) as (h, w, 3) uint8 RGB again."""
        preprocessor = self.model.data_preprocessor
        pixels = (template * preprocessor.std + preprocessor.mean) * 255
        return rearrange(pixels.round().clamp(0, 255).byte().cpu().numpy(), 'c h w -> h w c')

    def pictures(self) -> dict[str, np.ndarray]:
        """Stream -> what was to be seen in it, (h, w, 3) uint8 RGB."""
        names, size = template_names(len(self.templates_seen)), len(self.search)
        cx, cy, w, h = (self.prediction.box[0].cpu().numpy() * size).tolist()
        left, right = sorted(np.clip([round(cx - w / 2), round(cx + w / 2)], 0, size - 1))
        top, bottom = sorted(np.clip([round(cy - h / 2), round(cy + h / 2)], 0, size - 1))
        return {'search': self.search, 'box': self.search[top:bottom + 1, left:right + 1],
                **dict(zip(names, self.templates_seen, strict=True))}

    def glances(self) -> Iterator[Glance]:
        """Everything the last step saw, in the order of execution, memorizing first."""
        for look in self.looks:
            if look.weights is None:
                continue
            for query in look.queries:
                chosen = look.weights[:, query.places[self.on_target(query)]]
                for key in look.keys:
                    yield self._glance(look, query, key, chosen[:, :, key.places])

    def _glance(self, look: Look, query: Segment, key: Segment, weights: Tensor) -> Glance:
        """weights (heads, queries on the target, keys of one stream)."""
        def over_cells(values: Tensor) -> np.ndarray:
            heat = np.zeros(key.h * key.w, np.float32)
            heat[key.cells] = reduce(values, 'heads q k -> k', 'mean').float().cpu().numpy()
            return heat.reshape(key.h, key.w)

        heat = over_cells(weights)
        return Glance(look, query.stream, key.stream, heat, float(heat.sum()),
                      over_cells((weights > 0).float()) if look.topk else None)

    def on_target(self, segment: Segment) -> list[int]:
        """Which of a segment's tokens lie on the target: in the predicted box, or in the middle half of a template."""
        if segment.h * segment.w == 1:
            return [0]
        cx, cy, w, h = self.prediction.box[0].tolist() if segment.stream == 'search' else (0.5, 0.5, 0.5, 0.5)
        x, y = (segment.cells % segment.w + 0.5) / segment.w, (segment.cells // segment.w + 0.5) / segment.h
        inside = (np.abs(y - cy) <= h / 2) & (np.abs(x - cx) <= w / 2)
        return np.flatnonzero(inside).tolist() or [int(((y - cy) ** 2 + (x - cx) ** 2).argmin())]

    @torch.inference_mode()
    def head_maps(self) -> dict[str, np.ndarray]:
        """What the head predicts for each cell: the maps that it declares (:meth:`Head.maps`), and the score of each
        branch by its name, and of 'both' where there are several. Each (h, w), 0..1."""
        head = self.model.head
        found = {name: maps[0].cpu().numpy() for name, maps in head.maps(self.features).items()}
        side = self.features.x.shape[-1]
        scored = {name: boxes for name, boxes in self.branches.items() if boxes.scores is not None}
        if len(scored) > 1:
            scored['both'] = head.merge(self.branches)
        return found | {name: rearrange(boxes.scores[0].sigmoid().cpu().numpy(), '(h w) -> h w', w=side)
                        for name, boxes in scored.items()}
