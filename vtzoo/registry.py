"""Registries of interchangeable parts, and the one way to build from them.

A registry knows where its parts live and imports that room on first use, so importing vtzoo
imports no model. The errors are for people who write configs: one sentence that names the fix.
"""

from __future__ import annotations

import inspect
from typing import Any

from mmengine.registry import Registry

from vtzoo.utils.suggest import did_you_mean

BACKBONES = Registry('backbone', locations=['vtzoo.models.backbones'])
FUSIONS = Registry('fusion', locations=['vtzoo.models.fusions'])
HEADS = Registry('head', locations=['vtzoo.models.heads'])
CONFIDENCES = Registry('confidence', locations=['vtzoo.models.heads'])
LOSSES = Registry('loss', locations=['vtzoo.models.losses'])
TRACKERS = Registry('tracker', locations=['vtzoo.models.tracker'])
CROPS = Registry('crop', locations=['vtzoo.data.crops'])
RANKINGS = Registry('ranking', locations=['vtzoo.inference.ranking'])
TEMPLATE_UPDATES = Registry('template update', locations=['vtzoo.inference.templates'])
DATASETS = Registry('dataset', locations=['vtzoo.data.datasets'])
FRAME_SAMPLERS = Registry('frame sampler', locations=['vtzoo.data.frames'])
JITTERS = Registry('jitter', locations=['vtzoo.data.jitter'])
AUGMENTATIONS = Registry('augmentation', locations=['vtzoo.data.augment'])

COMPONENTS = dict(
    backbone=BACKBONES, fusion=FUSIONS, head=HEADS, confidence=CONFIDENCES, loss=LOSSES)
"""The five kinds of part a tracker is made of."""


def build(registry: Registry, cfg: Any, /, **given: Any) -> Any:
    """Build one part from ``dict(type=Name, ...)``.

    Args:
        registry: where Name is looked up.
        cfg: the part's config, or a part that was built already (returned as it is).
        given: what the builder supplies; a config cannot set these.

    Raises:
        ValueError: for an unknown name or argument, in one sentence that names the known ones.
    """
    if cfg is None or isinstance(cfg, str | int | float | list | tuple):
        raise ValueError(f'a {registry.name} is written as dict(type=...), not {cfg!r}.')
    if not isinstance(cfg, dict):
        return cfg
    args = dict(cfg)
    cls = find(registry, args.pop('type', None))
    accepted = inspect.signature(cls).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    given = {name: value for name, value in given.items() if name in accepted or open_ended}
    known = [name for name in accepted if name not in given]
    for name in args:
        if name not in known and not open_ended:
            raise ValueError(f'{cls.__name__} takes no {name!r}; it takes: {", ".join(known) or "nothing"}.')
    missing = [name for name in known if accepted[name].default is inspect.Parameter.empty
               and accepted[name].kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
               and name not in args]
    if missing:
        raise ValueError(f'{cls.__name__} needs {missing[0]!r}: write dict(type={cls.__name__!r}, {missing[0]}=...).')
    return cls(**given, **args)


def find(registry: Registry, name: str | None) -> type:
    """The class registered as ``name``; ValueError with the nearest known names otherwise."""
    cls = registry.get(name) if isinstance(name, str) else None
    if cls is None:
        known = names(registry)
        near = did_you_mean(name, known)
        hint = f'{near} Known: ' if near else 'known: '
        said = f'there is no {registry.name} called {name!r}' if name else f'a {registry.name} needs a type'
        raise ValueError(f'{said}; {hint}{", ".join(known)}.')
    return cls


def names(registry: Registry) -> list[str]:
    """Every name in a registry, sorted."""
    registry.import_from_location()
    return sorted(registry.module_dict)
