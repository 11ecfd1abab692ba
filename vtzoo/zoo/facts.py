"""What a config says about its tracker, computed and never typed: parts, parameters, cost, inputs, training."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from mmengine.config import Config

from vtzoo.config import tracking_settings
from vtzoo.models.build import build_model
from vtzoo.models.cost import count_macs, count_parameters
from vtzoo.models.tracker import Tracker
from vtzoo.registry import TEMPLATE_UPDATES, build
from vtzoo.zoo.names import PARTS


def facts_of(cfg: Config) -> dict[str, Any]:
    """The facts of a config as plain data, as they stand in its model card. Nothing is computed but shapes."""
    model = empty_model(cfg)
    templates = templates_held(cfg)
    return dict(
        config=cfg.name, parts=parts_of(model), parameters=count_parameters(model), macs=macs_of(cfg, templates),
        input=dict(template=model.crop.template_size, search=model.crop.search_size, templates=templates),
        training=training_of(cfg), tracking=policies_of(cfg))


def empty_model(cfg: Config | Mapping[str, Any]) -> Tracker:
    """The tracker of a config without numbers in it, in a fraction of a second."""
    with torch.device('meta'):
        return build_model(cfg)


def macs_of(cfg: Config | Mapping[str, Any], templates: int) -> dict[str, int]:
    """Multiply-accumulates to memorize so many templates, and to find the target in one frame."""
    model = copy.deepcopy(dict(cfg['model']))
    model['backbone'].pop('pretrained', None)  # weights cost nothing: configs that differ in them are counted once
    return dict(zip(('templates', 'frame'), _count(json.dumps(model, sort_keys=True), templates), strict=True))


@cache
def _count(model: str, templates: int) -> tuple[int, int]:
    return count_macs(empty_model(dict(model=json.loads(model))), templates)


def parts_of(model: Tracker) -> dict[str, Any]:
    """Each part by name: its type and its parameters; and the types of the losses."""
    parts = {name: dict(type=type(part).__name__, parameters=count_parameters(part))
             for name in PARTS if (part := getattr(model, name)) is not None}
    return parts | dict(losses=[type(term).__name__ for term in model.losses])


def templates_held(cfg: Config | Mapping[str, Any]) -> int:
    """How many templates tracking holds from the first frame on."""
    policy = build(TEMPLATE_UPDATES, tracking_settings(cfg).get('templates') or dict(type='FirstOnly'))
    return len(policy.start(torch.empty(1, 3, 1, 1)))


def training_of(cfg: Config | Mapping[str, Any]) -> dict[str, Any]:
    """Data and protocol. The batch is of one process; pretrained weights or stage 1 where there are any."""
    loader = cfg['train_dataloader']
    start = dict(stage1=cfg['stage1']) if cfg.get('stage1') else \
        dict(pretrained=cfg['model']['backbone'].get('pretrained'))
    return dict(sets=[one.get('folder', one['type']) for one in loader['dataset']['sets']],
                epochs=cfg['train_cfg']['max_epochs'], samples=loader['dataset']['samples'],
                batch=loader['batch_size'], lr=cfg['optim_wrapper']['optimizer']['lr'], **start)


def policies_of(cfg: Config | Mapping[str, Any]) -> dict[str, str]:
    """How tracking chooses a box and renews its templates."""
    settings = tracking_settings(cfg)
    return {name: (settings.get(name) or dict(type=default))['type']
            for name, default in (('ranking', 'Best'), ('templates', 'FirstOnly'))}
