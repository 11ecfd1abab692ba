"""A tracker taken apart: each part with its shapes and parameters, and who may see whom. Only shapes are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from torch import Tensor

from vtzoo.introspection.scene import Scene, Segment
from vtzoo.introspection.visibility import looks_of
from vtzoo.models.cost import count_parameters
from vtzoo.models.losses import LossTerm
from vtzoo.models.tracker import Tracker
from vtzoo.structures import Boxes
from vtzoo.utils.formats import counted
from vtzoo.zoo.facts import PARTS, empty_model, macs_of, policies_of, templates_held


class Row(NamedTuple):
    """One line of the description.

    part: 'backbone', 'stage 1', ...; indented where it is inside the part above. what: its type or contents.
    z, x: what leaves it of the templates and of the search region. parameters: None inside a part.
    """

    part: str
    what: str
    z: str = ''
    x: str = ''
    parameters: int | None = None


class Sight(NamedTuple):
    """Who sees whom in one attention of a layer. once: while memorizing; else with every frame."""

    kind: str
    who: str
    whom: str
    once: bool


@dataclass(frozen=True)
class Anatomy:
    """What there is to say of a config's tracker. layers: in the order of execution, by name; empty for a fusion of
    which nobody has written down who sees whom."""

    name: str
    parameters: int
    macs: Mapping[str, int]
    templates: int
    rows: list[Row]
    layers: dict[str, list[Sight]]


def dissect(cfg: Config | Mapping[str, Any]) -> Anatomy:
    """Take the tracker of a config apart."""
    model, templates = empty_model(cfg).eval(), templates_held(cfg)
    return Anatomy(cfg['name'], count_parameters(model), macs_of(cfg, templates), templates,
                   list(_rows(cfg, model, templates)), _layers(model, templates))


@torch.no_grad()
def _rows(cfg: Config | Mapping[str, Any], model: Tracker, templates: int) -> Iterator[Row]:
    z = torch.empty(1, templates, 3, *[model.crop.template_size] * 2, device='meta')
    x = torch.empty(1, 3, *[model.crop.search_size] * 2, device='meta')
    memory = model.memorize(z)
    features, branches = model.read(x, memory)
    types = {name: type(part).__name__ for name in PARTS if (part := getattr(model, name)) is not None}
    counts = {name: count_parameters(getattr(model, name)) for name in types}
    yield Row('crop', type(model.crop).__name__, shape(z), shape(x))
    yield Row('backbone', types['backbone'], parameters=counts['backbone'])
    yield from _stages(model, templates)
    yield Row('fusion', types['fusion'], parameters=counts['fusion'])
    if memory.kv:
        numbers = sum(tensor.numel() for tensor in memory.kv)
        yield Row('  keeps', f'{len(memory.kv) // 2} pairs of k and v', f'{numbers:,} numbers')
    yield Row('  gives', 'maps', shape(features.z), shape(features.x))
    if features.q is not None:
        yield Row('  gives', 'query token', '', shape(features.q))
    yield Row('head', types['head'], parameters=counts['head'])
    yield from (Row(f'  {name}', _scored(boxes), '', f'{boxes.boxes.shape[1]} x 4') for name, boxes in branches.items())
    if model.confidence is not None:
        yield Row('confidence', types['confidence'], '', 'one score', counts['confidence'])
    yield Row('losses', ', '.join(weighted(term) for term in model.losses))
    if model.frozen:
        yield Row('frozen', ', '.join(model.frozen))
    yield Row('tracking', ', '.join(policies_of(cfg).values()))


def _stages(model: Tracker, templates: int) -> Iterator[Row]:
    """What leaves each stage of the backbone; its map where it has no stages that a fusion could enter."""
    scene, backbone = Scene(model, templates), model.backbone
    if not hasattr(backbone, 'stages'):
        out = (f'{backbone.spec.channels} x {side} x {side}' for side in (scene.out(scene.z_pixels),
                                                                         scene.out(scene.x_pixels)))
        z, x = out
        yield Row('  map', f'stride {backbone.spec.stride}', f'{templates} x {z}', x)
        return
    for i, (stage, z, x) in enumerate(zip(backbone.stages, scene.grids(scene.z_pixels), scene.grids(scene.x_pixels),
                                          strict=True)):
        blocks, c = len(stage.blocks), stage.proj.out_channels
        yield Row(f'  stage {i + 1}', counted(blocks, 'block'), f'{templates} x {c} x {z} x {z}',
                  f'{c} x {x} x {x}')


def shape(tensor: Tensor) -> str:
    """A tensor's shape without the batch: 384 x 20 x 20."""
    return ' x '.join(map(str, tensor.shape[1:]))


def _scored(boxes: Boxes) -> str:
    return 'box' if boxes.scores is None else 'boxes, scores'


def weighted(term: LossTerm) -> str:
    """A loss with its weight, or its weight in each branch: 1.4/0.5 FocalLoss."""
    weight = '/'.join(f'{w:g}' for w in term.weight.values()) if isinstance(term.weight, dict) else f'{term.weight:g}'
    return f'{weight} {type(term).__name__}'


def _layers(model: Tracker, templates: int) -> dict[str, list[Sight]]:
    """Layer -> who sees whom in it. A backbone that shows no attention of its own is one layer."""
    try:
        memorized, tracked = looks_of(model, templates)
    except ValueError:
        return {}
    each, layers = 'each template' if templates > 1 else 'template', {}
    if not hasattr(model.backbone, 'stages'):
        layers[type(model.backbone).__name__] = [Sight('', each, 'itself', once=True),
                                                 Sight('', 'search', 'itself', once=False)]
    for looks, once in ((memorized, True), (tracked, False)):
        for look in looks:
            who, whom = _streams(look.queries), _streams(look.keys)
            if look.alone:
                who, whom = each if who == 'template' else who, 'itself'
            elif look.topk:
                whom += f', {look.topk} keys each'
            layers.setdefault(look.place, []).append(Sight(look.kind, who, whom, once))
    return layers


def _streams(segments: tuple[Segment, ...]) -> str:
    """Their names, templates first and as one."""
    several = any(segment.stream.startswith('online') for segment in segments)
    names = [segment.stream for segment in segments if not segment.stream.startswith('online')]
    names.sort(key=lambda name: name != 'template')
    return ', '.join('templates' if several and name == 'template' else name for name in names)
