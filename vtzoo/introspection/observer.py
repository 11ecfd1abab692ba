"""An online tracker that keeps what it saw: crops, attention maps, and the maps of its head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from einops import rearrange, reduce
from torch import Tensor

from vtzoo.inference.online import OnlineTracker
from vtzoo.introspection.scene import CORRELATION, Look, Segment, template_names
from vtzoo.introspection.visibility import looks_of
from vtzoo.models.attention import recording
from vtzoo.models.tracker import Prediction
from vtzoo.structures import Boxes, Features


class Glance(NamedTuple):
    """What the target's cells of one stream see in another, in one attention.

    look: which. who, whom: streams. heat (h, w): weights over the keys' cells, the mean over heads and over the queries
    that lie on the target. share: how much of their attention that is, 0..1. kept (h, w): how many of them keep a cell,
    0..1; None for dense attention.
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

    def _keep_head(self, head: Any, inputs: tuple[Features], branches: dict[str, Boxes]) -> None:
        self.features, self.branches = inputs[0], branches

    def _memorize(self, templates: Tensor) -> Any:
        with recording() as maps:
            memory = super()._memorize(templates)
        self.kept_templates, self.memorized = templates, maps
        return memory

    def step(self, image: np.ndarray, last: np.ndarray) -> tuple[Prediction, np.ndarray]:
        """See :meth:`OnlineTracker.step`."""
        self.looks = looks_of(self.model, len(self.kept_templates))
        self.maps = list(self.memorized)
        self.search = self.search_crop(last).cut(image, self.fill)
        self.templates_seen = [self._picture(template) for template in self.kept_templates]
        with recording() as maps:
            prediction, box = super().step(image, last)
        self.maps += maps
        self.prediction = prediction
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
        looks = [look for part in self.looks for look in part if look.kind != CORRELATION]
        names = template_names(len(self.templates_seen))
        for look, weights in zip(looks, self.maps, strict=True):
            if look.alone:  # the batch holds images: all templates, or the search crop
                streams = names if look.queries[0].stream == 'template' else ['search']
                for stream, own in zip(streams, weights, strict=True):
                    own_map = [look.queries[0]._replace(stream=stream)], [look.keys[0]._replace(stream=stream)]
                    yield from self._pairs(look, own, *own_map)
            else:
                yield from self._pairs(look, weights[0], look.queries, look.keys)

    def _pairs(self, look: Look, weights: Tensor, queries: Any, keys: Any) -> Iterator[Glance]:
        """weights (heads, queries, keys), cut into streams."""
        start = 0
        for query in queries:
            rows = weights[:, start:start + query.h * query.w]
            start += query.h * query.w
            chosen = rows[:, self.on_target(query)]
            first = 0
            for key in keys:
                part = chosen[:, :, first:first + key.h * key.w]
                first += key.h * key.w
                heat = reduce(part, 'heads q (h w) -> h w', 'mean', h=key.h, w=key.w)
                kept = reduce((part > 0).float(), 'heads q (h w) -> h w', 'mean', h=key.h, w=key.w) \
                    if look.topk else None
                yield Glance(look, query.stream, key.stream, heat.cpu().numpy(), float(heat.sum()),
                             None if kept is None else kept.cpu().numpy())

    def on_target(self, segment: Segment) -> list[int]:
        """The cells of a map that lie on the target: in the predicted box, or in the middle half of a template."""
        if segment.h * segment.w == 1:
            return [0]
        cx, cy, w, h = self.prediction.box[0].tolist() if segment.stream == 'search' else (0.5, 0.5, 0.5, 0.5)
        x, y = (np.arange(segment.w) + 0.5) / segment.w, (np.arange(segment.h) + 0.5) / segment.h
        inside = (np.abs(y - cy) <= h / 2)[:, None] & (np.abs(x - cx) <= w / 2)
        nearest = (y - cy)[:, None] ** 2 + (x - cx) ** 2
        return np.flatnonzero(inside).tolist() or [int(nearest.argmin())]

    @torch.inference_mode()
    def head_maps(self) -> dict[str, np.ndarray]:
        """What the head believes, cell by cell: 'top left corner', 'bottom right corner' (probabilities), or the score
        of each branch by its name, and of 'both'. Each (h, w), 0..1."""
        head, found = self.model.head, {}
        if hasattr(head, 'probabilities'):
            p = head.probabilities(self.features.x)[0].cpu().numpy()
            found = dict(zip(('top left corner', 'bottom right corner'), p, strict=True))
        side = self.features.x.shape[-1]
        scored = {name: boxes for name, boxes in self.branches.items() if boxes.scores is not None}
        if len(scored) > 1:
            scored['both'] = head.merge(self.branches)
        return found | {name: rearrange(boxes.scores[0].sigmoid().cpu().numpy(), '(h w) -> h w', w=side)
                        for name, boxes in scored.items()}
