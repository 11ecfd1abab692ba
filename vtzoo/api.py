"""The public face: models and trackers from configs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config

from vtzoo.checkpoints.convert import convert
from vtzoo.config import load_config, tracking_settings
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.tracker import Tracker
from vtzoo.registry import COMPONENTS, TRACKERS, build, names


def list_components(kind: str) -> list[str]:
    """Names of the parts of one kind: 'backbone', 'fusion', 'head', 'confidence' or 'loss'."""
    if kind not in COMPONENTS:
        raise ValueError(f'there is no kind of component called {kind!r}; known: {", ".join(COMPONENTS)}.')
    return names(COMPONENTS[kind])


def build_model(cfg: Config | Mapping | str | Path) -> Tracker:
    """The tracker model of a config, with random weights: training loads pretrained ones when it starts."""
    cfg = load_config(cfg) if isinstance(cfg, str | Path) else cfg
    if not isinstance(cfg, Mapping | Config) or not cfg.get('model'):
        raise ValueError("a config is a mapping with a part 'model': write model=dict(crop=..., backbone=..., ...).")
    return build(TRACKERS, dict(type='Tracker') | dict(cfg['model']))


def load_tracker(config: Config | str | Path, checkpoint: str | Path | None = None,
                 device: str | torch.device = 'cpu', benchmark: str | None = None) -> OnlineTracker:
    """A tracker ready to :meth:`~vtzoo.inference.online.OnlineTracker.init`.

    Args:
        config: a name in the zoo, a path, or a config.
        checkpoint: a file of vtzoo or a released one of the same tracker. None: random weights, with a
            warning.
        device: where the network runs.
        benchmark: use its row of the config's online settings.

    Raises:
        ValueError: the checkpoint is of another tracker; lists the keys that differ.
    """
    cfg = load_config(config) if isinstance(config, str | Path) else config
    model = build_model(cfg)
    if checkpoint is None:
        warnings.warn('no checkpoint given: this tracker has random weights and follows nothing.', stacklevel=2)
    else:
        model.load_state_dict(convert(checkpoint, cfg, model))
    return OnlineTracker(model, **tracking_settings(cfg, benchmark), device=device)
