"""A tracker watched while it works: which streams each layer reads, and the maps that leave its backbone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vtzoo.introspection.layers import Layer, Layers
from vtzoo.introspection.streams import Segment, Streams, template_names
from vtzoo.models.attention import Reading, recording
from vtzoo.models.tracker import Tracker

WORDS = dict(mul='product', add='sum', sub='difference', div='quotient', cross='product')
"""What operators are called in which streams meet."""


class Look(NamedTuple):
    """One attention of one sequence, or another operator in which streams meet.

    layer: where. queries, keys: their tokens. alone: the batch holds images, and every image sees itself only. weights
    (heads, queries, keys); None for other operators. topk: each query keeps so many keys; None: all.
    """

    layer: Layer
    queries: tuple[Segment, ...]
    keys: tuple[Segment, ...]
    alone: bool = False
    weights: Tensor | None = None
    topk: int | None = None

    @property
    def place(self) -> str:
        """The layer's name."""
        return self.layer.place

    @property
    def kind(self) -> str:
        """Which of a layer's attentions."""
        return self.layer.kind


class Watch:
    """Watches a tracker model; nothing of it is changed, and everything it computes stays the same.

    Example::

        watch = Watch(model)
        with watch.memorizing(z) as once:
            memory = model.memorize(z)
        with watch.tracking() as looks:
            model.track(x, memory)
    """

    def __init__(self, model: Tracker) -> None:
        self.model, self.layers = model, Layers(model)
        self.streams = Streams(self._met, self._attended_by_torch)
        self.sizes: dict[tuple[int, str], torch.Size] = {}
        """(C, H, W) of what left a stage of the backbone, by its number, or all of it (0 where there are no stages)."""
        self._stages = {id(stage): i for i, stage in enumerate(getattr(model.backbone, 'stages', [model.backbone]))}
        self._running: list[str] = []
        self._last = 'fusion'
        self._looks: list[Look] = []

    @contextmanager
    def memorizing(self, templates: Tensor) -> Iterator[list[Look]]:
        """Watch what is done with templates (T, 3, h, w) or (1, T, 3, h, w)."""
        self.streams.name_images(templates, template_names(templates.shape[-4]))
        with self.tracking() as looks:
            yield looks

    @contextmanager
    def tracking(self) -> Iterator[list[Look]]:
        """Watch what is done with a search crop; the fusion's own inputs say which it is."""
        self._looks, self._running, self._last = [], [], 'fusion'
        fast_path = torch.backends.mha.get_fastpath_enabled()
        with ExitStack() as stack:
            torch.backends.mha.set_fastpath_enabled(False)  # one operator that would hide all others
            stack.callback(torch.backends.mha.set_fastpath_enabled, fast_path)
            for module in self.model.modules():
                stack.callback(module.register_forward_pre_hook(self._enter).remove)
                stack.callback(module.register_forward_hook(self._leave).remove)
            stack.enter_context(recording(self._attended))
            stack.enter_context(self.streams)
            yield self._looks
        self._looks[:] = _without_doubles(self._looks)

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        path = self.layers.paths[id(module)]
        self._running.append(path)
        self._last = path
        if path == 'fusion':
            _, x, _, q = inputs
            self.streams.name(x, 'search')
            if q is not None:
                self.streams.name(q, 'query token')

    def _leave(self, module: nn.Module, inputs: tuple[Any, ...], out: Any) -> None:
        path = self._running.pop()
        self._last = path
        if isinstance(stream := getattr(module, 'stream', None), str):  # a map cut out of another
            self.streams.name(out, stream)
        if id(module) in self._stages:
            for stream in self.streams.stream_of(out):
                self.sizes[self._stages[id(module)], stream] = out.shape[1:]

    def _layer(self) -> Layer:
        """The layer that runs: the module that was called last, unless the whole backbone has just been left."""
        path = 'fusion' if self._last in ('backbone', '') else self._last
        return self.layers.layer(path)

    def _attended(self, reading: Reading) -> None:
        self.streams.follow_rows(reading.weights, reading.q)
        layer = self._layer()
        otherwise = 'score token' if layer.part == 'confidence' else 'own token'
        queries, keys = (self.streams.segments(one, otherwise) for one in (reading.q, reading.k))
        for q, k, weights in zip(queries, keys, reading.weights.detach(), strict=True):
            alone = layer.part == 'backbone' and (len(queries) > 1 or _names(q) == _names(k) == {'search'})
            self._looks.append(Look(layer, tuple(q), tuple(k), alone, weights, reading.topk))

    def _attended_by_torch(self, reading: Reading) -> None:
        if 'backbone' not in self._running:  # what a closed backbone does is its own affair
            self._attended(reading)

    def _met(self, who: frozenset[str], whom: frozenset[str], name: str) -> None:
        layer = self._layer()
        if 'backbone' in self._running or layer.part not in ('fusion', 'backbone'):
            return
        queries, keys = (tuple(Segment(stream, 1, 1, _NONE, _NONE) for stream in sorted(streams))
                         for streams in (who, whom))
        self._looks.append(Look(layer._replace(kind=WORDS.get(name, name)), queries, keys))


_NONE = np.zeros(0, np.int64)


def _names(segments: Iterable[Segment]) -> set[str]:
    return {segment.stream for segment in segments}


def _without_doubles(looks: list[Look]) -> list[Look]:
    """Products inside a layer that has attention are that attention; and what is said once is enough."""
    attending = {look.place for look in looks if look.weights is not None}
    kept: list[Look] = []
    for look in looks:
        said = [(one.place, one.kind, _names(one.queries), _names(one.keys)) for one in kept]
        if look.weights is not None or (look.place not in attending and (
                look.place, look.kind, _names(look.queries), _names(look.keys)) not in said):
            kept.append(look)
    return kept
