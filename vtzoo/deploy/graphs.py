"""The calls of a tracker as graphs: modules whose inputs and outputs are plain tensors, and their ONNX form.

``memorize`` and ``read`` are the two calls of :class:`~vtzoo.models.tracker.Tracker`. ``score`` is a third, small
graph for trackers that choose among many candidates and then ask a confidence module about the chosen box.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vtzoo.models.tracker import Tracker
from vtzoo.structures import Features, Memory

BATCH, TEMPLATES = 2, 3
"""Of the example from which a graph is traced; both are dynamic in the graph. Different from each other and from 1."""


class Memorize(nn.Module):
    """z (B, T, 3, h, w) normalised -> template maps (B, T, C, H, W), then k, v, k, v, ... (B, heads, N, d)."""

    def __init__(self, model: Tracker) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> tuple[Tensor, ...]:
        memory = self.model.memorize(z)
        return memory.z, *memory.kv


class Read(nn.Module):
    """x (B, 3, h, w) normalised and the outputs of :class:`Memorize` -> see :func:`read_outputs`."""

    def __init__(self, model: Tracker, outputs: Sequence[str]) -> None:
        super().__init__()
        self.model, self.outputs = model, tuple(outputs)

    def forward(self, x: Tensor, z: Tensor, kv: Sequence[Tensor]) -> tuple[Tensor, ...]:
        features, branches = self.model.read(x, Memory(z, tuple(kv)))
        merged = self.model.head.candidates(branches)
        found = merged._asdict() | dict(x_features=features.x, z_features=features.z)
        if 'score' in self.outputs:
            found['score'] = self.model.confidence(features, merged.boxes[:, 0]).sigmoid()
        return tuple(found[name] for name in self.outputs)


class Score(nn.Module):
    """x_features (B, C, H, W), z_features (B, T, C, h, w), box (B, 4) cx cy w h 0..1 -> (B,) score 0..1."""

    def __init__(self, model: Tracker) -> None:
        super().__init__()
        self.model = model

    def forward(self, x_features: Tensor, z_features: Tensor, box: Tensor) -> Tensor:
        return self.model.confidence(Features(x_features, z_features), box).sigmoid()


class Graph(NamedTuple):
    """A module with its example and names. dynamic: for each input, the axes whose extent may change."""

    module: nn.Module
    example: tuple[Tensor, ...]
    inputs: list[str]
    outputs: list[str]
    dynamic: list[tuple[int, ...]]


@torch.no_grad()
def graphs_of(model: Tracker) -> dict[str, Graph]:
    """'memorize', 'read' and, where a confidence module scores one of many candidates, 'score'.

    Args:
        model: in evaluation mode, on the CPU.
    """
    crop = model.crop
    z = torch.randn(BATCH, TEMPLATES, 3, crop.template_size, crop.template_size)
    x = torch.randn(BATCH, 3, crop.search_size, crop.search_size)
    memory = model.memorize(z)
    features, branches = model.read(x, memory)
    kv = [f'kv{i}' for i in range(len(memory.kv))]
    outputs = read_outputs(model, features, branches)
    graphs = dict(
        memorize=Graph(Memorize(model), (z,), ['z'], ['z_maps', *kv], [(0, 1)]),
        read=Graph(Read(model, outputs), (x, memory.z, *memory.kv), ['x', 'z_maps', *kv], outputs,
                   [(0,), (0, 1), *[(0, 2)] * len(kv)]))
    if 'x_features' in outputs:
        graphs['score'] = Graph(Score(model), (features.x, features.z, torch.rand(BATCH, 4)),
                                ['x_features', 'z_features', 'box'], ['score'], [(0,), (0, 1), (0,)])
    return graphs


def read_outputs(model: Tracker, features: Features, branches: dict) -> list[str]:
    """Names of what ``read`` gives: the fields of the merged :class:`~vtzoo.structures.Boxes` that vary (boxes and,
    where the head gives them, its scores), then ``score`` (B,) of a confidence module for a single box, or the
    features that the graph ``score`` needs for one of many."""
    merged = model.head.candidates(branches)
    names = [name for name, value in merged._asdict().items() if isinstance(value, Tensor) and name != 'points']
    if model.confidence is None:
        return names
    return [*names, 'score'] if merged.boxes.shape[1] == 1 else [*names, 'x_features', 'z_features']


def to_onnx(graph: Graph, path: Path) -> None:
    """Write a graph as ONNX, weights inside."""
    axes = [dict.fromkeys(dynamic, torch.export.Dim.DYNAMIC) for dynamic in graph.dynamic]
    args, shapes = graph.example, tuple(axes)
    if isinstance(graph.module, Read):
        args, shapes = (*args[:2], args[2:]), (*axes[:2], tuple(axes[2:]))
    with torch.no_grad(), warnings.catch_warnings(), _quiet('torch.onnx', 'onnxscript', 'onnx_ir'):
        warnings.simplefilter('ignore')
        program = torch.onnx.export(graph.module, args, dynamo=True, dynamic_shapes=shapes, verbose=False,
                                    input_names=graph.inputs, output_names=graph.outputs)
    program.save(str(path), external_data=False)


class _quiet:  # noqa: N801
    """Loggers that say nothing below an error for a while."""

    def __init__(self, *names: str) -> None:
        self.loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self.levels = [logger.level for logger in self.loggers]
        for logger in self.loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self.loggers, self.levels, strict=True):
            logger.setLevel(level)
