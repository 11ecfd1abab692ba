"""Streams of tokens and their maps: what the attentions of a tracker are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import nn

from vtzoo.models.tracker import Tracker


class Segment(NamedTuple):
    """Tokens of one kind: the cells of a map, row by row, or a free token (one cell).

    stream: 'template', 'online template' (numbered where there are several), 'search', 'query token', 'score token', or
    'box' (the chosen box, pooled from the search map).
    """

    stream: str
    h: int = 1
    w: int = 1


CORRELATION = 'correlated'
"""A kind of look without attention weights: every likeness counts, none takes from another."""


class Look(NamedTuple):
    """One attention.

    place: the layer. queries, keys: in the order of the map's rows and columns. kind: which of a layer's attentions.
    alone: the batch holds images, and every image sees itself only. topk: each query keeps so many keys; None: all.
    """

    place: str
    queries: tuple[Segment, ...]
    keys: tuple[Segment, ...]
    kind: str = ''
    alone: bool = False
    topk: int | None = None


@dataclass(frozen=True)
class Scene:
    """A tracker with so many templates; sizes in cells."""

    model: Tracker
    templates: int

    def grids(self, pixels: int) -> list[int]:
        """Cells a side after each stage of a backbone that has stages."""
        sizes = []
        for stage in self.model.backbone.stages:
            pixels = convolved(stage.proj, pixels)
            sizes.append(pixels)
        return sizes

    def out(self, pixels: int) -> int:
        """Cells a side of the backbone's map."""
        backbone = self.model.backbone
        return self.grids(pixels)[-1] if hasattr(backbone, 'stages') else -(-pixels // backbone.spec.stride)

    @property
    def z_pixels(self) -> int:
        """A template's side."""
        return self.model.crop.template_size

    @property
    def x_pixels(self) -> int:
        """The search crop's side."""
        return self.model.crop.search_size

    def z(self, side: int) -> tuple[Segment, ...]:
        """All templates as maps of so many cells a side."""
        return tuple(Segment(name, side, side) for name in template_names(self.templates))

    def q(self) -> tuple[Segment, ...]:
        """The query token, where the head has one."""
        return () if self.model.head.queries(1) is None else (Segment('query token'),)


def template_names(count: int) -> list[str]:
    """The first template, then the online ones, numbered where there are several."""
    numbers = [''] if count == 2 else [f' {i}' for i in range(1, count)]
    return ['template', *(f'online template{number}' for number in numbers)][:count]


def convolved(conv: nn.Conv2d, size: int) -> int:
    """Cells a side after a convolution."""
    return (size + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
