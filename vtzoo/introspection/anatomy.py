"""A tracker taken apart: each part with its shapes and parameters, and who may see whom. Only shapes are computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from torch import Tensor

from vtzoo.introspection.streams import Segment
from vtzoo.introspection.watch import Look, Watch
from vtzoo.models.cost import count_parameters
from vtzoo.models.losses import LossTerm
from vtzoo.models.tracker import Tracker
from vtzoo.structures import Boxes
from vtzoo.utils.formats import counted
from vtzoo.zoo.facts import empty_model, macs_of, policies_of, templates_held
from vtzoo.zoo.names import PARTS


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
    """What there is to say of a config's tracker. layers: in the order of execution, by name. homes: layer -> the part
    it is in: 'backbone', 'fusion' or 'confidence'."""

    name: str
    parameters: int
    macs: Mapping[str, int]
    templates: int
    rows: list[Row]
    layers: dict[str, list[Sight]]
    homes: dict[str, str]


@torch.inference_mode()
def dissect(cfg: Config | Mapping[str, Any]) -> Anatomy:
    """Take the tracker of a config apart."""
    model, templates = empty_model(cfg).eval(), templates_held(cfg)
    watched = _watch(model, templates)
    layers, homes = _layers(model, watched, templates > 1)
    return Anatomy(cfg['name'], count_parameters(model), macs_of(cfg, templates), templates,
                   list(_rows(cfg, model, watched, templates)), layers, homes)


def _inputs(model: Tracker, templates: int) -> tuple[Tensor, Tensor]:
    """Templates and a search crop without numbers in them."""
    return (torch.empty(1, templates, 3, *[model.crop.template_size] * 2, device='meta'),
            torch.empty(1, 3, *[model.crop.search_size] * 2, device='meta'))


class Watched(NamedTuple):
    """What was seen of a tracker: its looks while memorizing and tracking, and who saw them."""

    memorized: list[Look]
    tracked: list[Look]
    watch: Watch


def _watch(model: Tracker, templates: int) -> Watched:
    """Two templates at least are watched: with one, templates that see each other look like templates that do not."""
    watch, (z, x) = Watch(model), _inputs(model, max(templates, 2))
    with watch.memorizing(z) as memorized:
        memory = model.memorize(z)
    with watch.tracking() as tracked:
        model.track(x, memory)
    return Watched(memorized, tracked, watch)


def _rows(cfg: Config | Mapping[str, Any], model: Tracker, watched: Watched, templates: int) -> Iterator[Row]:
    z, x = _inputs(model, templates)
    memory = model.memorize(z)
    features, branches = model.read(x, memory)
    types = {name: type(part).__name__ for name in PARTS if (part := getattr(model, name)) is not None}
    counts = {name: count_parameters(getattr(model, name)) for name in types}
    yield Row('crop', type(model.crop).__name__, shape(z), shape(x))
    yield Row('backbone', types['backbone'], parameters=counts['backbone'])
    yield from _stages(model, watched.watch, templates)
    yield Row('fusion', types['fusion'], parameters=counts['fusion'])
    if memory.kv:
        numbers = sum(tensor.numel() for tensor in memory.kv)
        yield Row('  keeps', f'{len(memory.kv) // 2} pairs of k and v', f'{numbers:,} numbers')
    if features.kept:
        left = ', '.join(str(cells.shape[1]) for cells in features.kept)
        yield Row('  left', 'search tokens', '', f'{left} of {features.x[0, 0].numel()}')
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


def _stages(model: Tracker, watch: Watch, templates: int) -> Iterator[Row]:
    """What left each stage of the backbone; its map where it has no stages that a fusion could enter."""
    def seen(stage: int) -> tuple[str, str]:
        z, x = (' x '.join(map(str, watch.sizes.get((stage, stream), ('?',)))) for stream in ('template', 'search'))
        return f'{templates} x {z}', x

    if not hasattr(model.backbone, 'stages'):
        yield Row('  map', f'stride {model.backbone.spec.stride}', *seen(0))
        return
    for i, stage in enumerate(model.backbone.stages):
        yield Row(f'  stage {i + 1}', counted(len(stage.blocks), 'block'), *seen(i))


def shape(tensor: Tensor) -> str:
    """A tensor's shape without the batch: 384 x 20 x 20."""
    return ' x '.join(map(str, tensor.shape[1:]))


def _scored(boxes: Boxes) -> str:
    return 'box' if boxes.scores is None else 'boxes, scores'


def weighted(term: LossTerm) -> str:
    """A loss with its weight, or its weight in each branch: 1.4/0.5 FocalLoss."""
    weight = '/'.join(f'{w:g}' for w in term.weight.values()) if isinstance(term.weight, dict) else f'{term.weight:g}'
    return f'{weight} {type(term).__name__}'


def _layers(model: Tracker, watched: Watched, several: bool) -> tuple[dict[str, list[Sight]], dict[str, str]]:
    """Layer -> who sees whom in it; layer -> its part. A backbone that shows no attention of its own is one layer."""
    memorized, tracked, _ = watched
    each = 'each template' if several else 'template'
    layers: dict[str, list[Sight]] = {}
    homes: dict[str, str] = {}
    if not any(look.layer.part == 'backbone' for look in memorized + tracked):
        name = type(model.backbone).__name__
        homes[name] = 'backbone'
        layers[name] = [Sight('', each, 'itself', once=True), Sight('', 'search', 'itself', once=False)]
    for looks, once in ((memorized, True), (tracked, False)):
        for look in looks:
            sight = _sight(look, several, each, once)
            homes[look.place] = look.layer.part
            if sight not in layers.setdefault(look.place, []) or not look.alone:
                layers[look.place].append(sight)
    return {place: _without_lone_kind(sights) for place, sights in layers.items()}, homes


def _sight(look: Look, several: bool, each: str, once: bool) -> Sight:
    who, whom = _streams(look.queries, several), _streams(look.keys, several)
    if look.alone:
        who, whom = 'search' if who == 'search' else each, 'itself'
    elif look.topk:
        whom += f', {look.topk} keys each'
    return Sight(look.kind, who, whom, once)


def _without_lone_kind(sights: list[Sight]) -> list[Sight]:
    """A layer with self-attention only need not say so."""
    lone = {sight.kind for sight in sights} == {'self-attention'}
    return [sight._replace(kind='') for sight in sights] if lone else sights


def _streams(segments: tuple[Segment, ...], several: bool) -> str:
    """Their names, templates first and as one."""
    online = any(segment.stream.startswith('online') for segment in segments)
    names = ['template' if segment.stream.startswith('online') else segment.stream for segment in segments]
    names.sort(key=lambda name: name != 'template')
    words = ('templates' if several and online and name == 'template' else name for name in dict.fromkeys(names))
    return ', '.join(words)
