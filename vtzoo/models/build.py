"""A tracker's model from its config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from vtzoo.config import load_config
from vtzoo.models.tracker import Tracker
from vtzoo.registry import TRACKERS, build


def build_model(cfg: Config | Mapping | str | Path) -> Tracker:
    """The tracker model of a config, with random weights: training loads pretrained ones when it starts.

    Args:
        cfg: a config, its name in the zoo, or its path.

    Raises:
        ValueError: it is not a config of a tracker, or its parts do not fit; says what to write instead.
    """
    cfg = load_config(cfg) if isinstance(cfg, str | Path) else cfg
    if not isinstance(cfg, Mapping | Config) or not cfg.get('model'):
        raise ValueError("a config is a mapping with a part 'model': write model=dict(crop=..., backbone=..., ...).")
    return build(TRACKERS, dict(type='Tracker') | dict(cfg['model']))
