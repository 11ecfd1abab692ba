"""Truth: where the target is in every frame and how much of it is seen, from the layers alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtzoo.synthetic.layers import Layer, Stack

SEEN = 0.1
"""Less than this share of the target in sight counts as nothing."""


class Truth(NamedTuple):
    """boxes (F, 4) x y w h clipped to the frame, NaN where out of it; share (F,) 0..1 of the target in sight."""

    boxes: np.ndarray
    share: np.ndarray

    @property
    def visible(self) -> np.ndarray:
        """(F,) bool."""
        return (self.share >= SEEN) & ~np.isnan(self.boxes[:, 0])

    @property
    def cover(self) -> np.ndarray:
        """(F,) int as GOT-10k labels it: 0 out of sight, 1 to 7 in steps of 15%, 8 wholly in sight."""
        steps = np.where(self.share >= 0.99, 8, np.minimum(np.ceil(self.share / 0.15), 7)).astype(int)
        return np.where(self.visible, steps, 0)


def truth(stack: Stack, width: int, height: int) -> Truth:
    """Of the target among layers, in frames of that size."""
    low, high = _corners([layer for layer in stack.layers if layer.target], width, height)
    boxes = np.concatenate([low, high - low], 1, dtype=np.float64)
    boxes[(high - low < 2).any(1)] = np.nan
    near = ((stack.low < high) & (stack.high > low)).all(-1)  # (L, F) which may hide some of it
    return Truth(boxes, _in_sight(stack, near, width, height).mean(1))


def _corners(targets: list[Layer], width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Left top and right bottom of the target in every frame, (F, 2) each, clipped to the frame."""
    x, y = _points(targets, [layer.outline.edge if layer.wave else layer.outline.hull for layer in targets])
    frame = np.float32([width, height])
    low, high = np.stack([x.min(1), y.min(1)], 1), np.stack([x.max(1), y.max(1)], 1)
    return np.minimum(np.maximum(low, 0), frame), np.minimum(np.maximum(high, 0), frame)


def _in_sight(stack: Stack, near: np.ndarray, width: int, height: int) -> np.ndarray:
    """(F, probes) bool: which points of the target are in the frame and behind nothing."""
    mine = [i for i, layer in enumerate(stack.layers) if layer.target]
    targets = [stack.layers[i] for i in mine]
    areas = [abs(a * d - b * c) for (a, b, _), (c, d, _) in (layer.maps[0].tolist() for layer in targets)]
    steps = [int(sum(areas) / max(area, 1e-6)) for area in areas]  # as many probes in all, however many layers
    probes = [layer.outline.lattice[::step] for layer, step in zip(targets, steps, strict=True)]
    counts = np.cumsum([len(points) for points in probes])
    x, y = _points(targets, probes)
    seen = (x > 0) & (y > 0) & (x < width) & (y < height)
    for i in range(mine[0] + 1, len(stack.layers)):
        layer, frames = stack.layers[i], near[i].nonzero()[0]
        if layer.hides and not layer.target and len(frames):
            behind = int(counts[np.searchsorted(mine, i) - 1])  # probes on layers farther than this one
            seen[frames, :behind] &= ~layer.covers(x[frames, :behind], y[frames, :behind], frames)
    return seen


def _points(layers: list[Layer], points: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For each layer points (P, 2) of its unit square -> x and y (F, all points) in the frames."""
    return tuple(np.concatenate(some, 1) for some in zip(*(
        layer.points(own) for layer, own in zip(layers, points, strict=True)), strict=True))
