"""Registries of interchangeable parts, and the one way to build from them.

mmengine builds a run through its root registries; each has a child here whose scope is 'vtzoo', so that configs may
name ``mmengine.EMAHook`` or ``mmpretrain.X``, and other packages ``vtzoo.CvT``. A registry knows where its parts live
and imports that room on first use, so importing vtzoo imports no model. The errors are for people who write configs:
one sentence that names the fix.
"""

from __future__ import annotations

import inspect
from typing import Any

from mmengine import registry as root
from mmengine.registry import Registry

from vtzoo.utils.suggest import did_you_mean


def _child(parent: Registry, *locations: str) -> Registry:
    return Registry(parent.name, parent=parent, scope='vtzoo', locations=[f'vtzoo.{place}' for place in locations])


MODELS = _child(root.MODELS, 'models.tracker', 'models.backbones', 'models.fusions', 'models.heads', 'models.losses',
                'models.quality_losses', 'models.preprocessor')
DATA = _child(root.DATASETS, 'engine.data', 'data.datasets', 'synthetic')
TASK_UTILS = _child(root.TASK_UTILS, 'data.crops', 'data.frames', 'data.jitter', 'data.distractors',
                    'inference.ranking', 'inference.templates')
TRANSFORMS = _child(root.TRANSFORMS, 'data.augment')
DATA_SAMPLERS = _child(root.DATA_SAMPLERS, 'engine.samplers')
HOOKS = _child(root.HOOKS, 'engine.hooks', 'engine.checkpoints', 'engine.weights', 'engine.run_folder')
LOOPS = _child(root.LOOPS, 'engine.train_loop', 'engine.tracking_loop')
METRICS = _child(root.METRICS, 'engine.metrics')
MODEL_WRAPPERS = _child(root.MODEL_WRAPPERS, 'engine.runner')
OPTIM_WRAPPERS = _child(root.OPTIM_WRAPPERS, 'engine.optim')
OPTIM_WRAPPER_CONSTRUCTORS = _child(root.OPTIM_WRAPPER_CONSTRUCTORS, 'engine.optim')
OPTIMIZERS, PARAM_SCHEDULERS = _child(root.OPTIMIZERS), _child(root.PARAM_SCHEDULERS)
EVALUATOR, FUNCTIONS = _child(root.EVALUATOR), _child(root.FUNCTIONS)
LOG_PROCESSORS, VISUALIZERS, VISBACKENDS = map(_child, (root.LOG_PROCESSORS, root.VISUALIZERS, root.VISBACKENDS))
STRATEGIES, RUNNERS = _child(root.STRATEGIES), _child(root.RUNNERS, 'engine.runner')
RUNNER_CONSTRUCTORS, WEIGHT_INITIALIZERS = _child(root.RUNNER_CONSTRUCTORS), _child(root.WEIGHT_INITIALIZERS)


class Kind(Registry):
    """The parts of one kind. Each stands in ``whole`` too, which holds all kinds that mmengine builds alike."""

    def __init__(self, name: str, whole: Registry, *locations: str) -> None:
        super().__init__(name, scope=whole.scope, locations=[f'vtzoo.{place}' for place in locations])
        self.parent = whole

    def _register_module(self, module: Any, module_name: Any = None, force: bool = False) -> None:
        super()._register_module(module=module, module_name=module_name, force=force)
        self.parent._register_module(module=module, module_name=module_name, force=force)


BACKBONES = Kind('backbone', MODELS, 'models.backbones')
FUSIONS = Kind('fusion', MODELS, 'models.fusions')
HEADS = Kind('head', MODELS, 'models.heads')
CONFIDENCES = Kind('confidence', MODELS, 'models.heads')
LOSSES = Kind('loss', MODELS, 'models.losses', 'models.quality_losses')
TRACKERS = Kind('tracker', MODELS, 'models.tracker')
CROPS = Kind('crop', TASK_UTILS, 'data.crops')
RANKINGS = Kind('ranking', TASK_UTILS, 'inference.ranking')
TEMPLATE_UPDATES = Kind('template update', TASK_UTILS, 'inference.templates')
DATASETS = Kind('dataset', DATA, 'data.datasets', 'synthetic')
FRAME_SAMPLERS = Kind('frame sampler', TASK_UTILS, 'data.frames')
JITTERS = Kind('jitter', TASK_UTILS, 'data.jitter')
DISTRACTORS = Kind('distractors', TASK_UTILS, 'data.distractors')
AUGMENTATIONS = Kind('augmentation', TRANSFORMS, 'data.augment')

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
    cls, arguments = checked(registry, cfg, **given)
    return cls(**arguments)


def checked(registry: Registry, cfg: dict[str, Any], /, **given: Any) -> tuple[Any, dict[str, Any]]:
    """What a part would be built from: its class and arguments, after the checks of :func:`build`."""
    args = dict(cfg)
    cls = find(registry, args.pop('type', None))
    accepted = inspect.signature(cls).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    given = {name: value for name, value in given.items() if name in accepted or open_ended}
    known = [name for name, p in accepted.items() if name not in given and p.kind is not p.VAR_KEYWORD]
    for name in args:
        if name not in known and not open_ended:
            raise ValueError(f'{cls.__name__} takes no {name!r}; it takes: {", ".join(known) or "nothing"}.')
    missing = [name for name in known if accepted[name].default is inspect.Parameter.empty
               and accepted[name].kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
               and name not in args]
    if missing:
        raise ValueError(f'{cls.__name__} needs {missing[0]!r}: write dict(type={cls.__name__!r}, {missing[0]}=...).')
    return cls, given | args


def find(registry: Registry, name: Any) -> Any:
    """The class registered as ``name``; ValueError with the nearest known names otherwise.

    A name with a scope, ``mmpretrain.X``, is found where that package registers it; a class stands for itself.
    """
    if callable(name):
        return name
    cls = None
    if isinstance(name, str):
        registry.import_from_location()
        own = isinstance(registry, Kind) and '.' not in name
        try:
            cls = registry.module_dict.get(name) if own else registry.get(name)
        except RuntimeError:  # mmengine could not import what a dotted name says
            cls = None
    if cls is None:
        known = names(registry)
        near = did_you_mean(name, known)
        hint = f'{near} Known: ' if near else 'known: '
        said = f'there is no {registry.name} called {name!r}' if name else f'a {registry.name} needs a type'
        raise ValueError(f'{said}; {hint}{", ".join(known)}.')
    return cls


def names(registry: Registry) -> list[str]:
    """Every name in a registry, sorted; of a child of mmengine's, mmengine's names too."""
    registry.import_from_location()
    inherited = () if isinstance(registry, Kind) or registry.parent is None else registry.parent.module_dict
    return sorted({*registry.module_dict, *inherited})
