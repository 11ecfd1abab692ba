"""The public face: models and trackers from configs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config

from vtzoo.checkpoints.convert import load_weights
from vtzoo.checkpoints.exports import is_export
from vtzoo.checkpoints.sources import resolve
from vtzoo.config import load_config, tracking_settings
from vtzoo.deploy.exported import open_export
from vtzoo.deploy.fast import at_speed
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.tracker import Tracker
from vtzoo.registry import COMPONENTS, TRACKERS, build, names
from vtzoo.utils.require import require


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


def load_tracker(config: Config | str | Path | None = None, checkpoint: str | Path | None = None,
                 device: str | torch.device = 'cpu', benchmark: str | None = None,
                 *, weights: str | Path | None = None, speed: str = 'exact') -> OnlineTracker:
    """A tracker ready to :meth:`~vtzoo.inference.online.OnlineTracker.init`.

    Args:
        config: a name in the zoo, a path, or a config; or a folder that ``vtzoo export`` wrote, which needs no
            checkpoint. None: the best tracker whose weights ship with vtzoo.
        checkpoint: its weights, named as :mod:`vtzoo.checkpoints.sources` says: a file, 'shipped', 'released',
            'random', 'hf-hub:OWNER/NAME', an address or a folder. None: the shipped ones; a config without shipped
            weights gets random ones, with a warning.
        device: where the network runs.
        benchmark: use its row of the config's online settings.
        weights: another name for ``checkpoint``.
        speed: 'exact', 'fast' or 'fastest', see :data:`vtzoo.deploy.fast.SPEEDS`; the last two on the CPU.

    Raises:
        ValueError: the checkpoint is of another tracker; lists what differs.
        FileNotFoundError: the weights cannot be had; says what was tried.
    """
    if checkpoint is not None and weights is not None:
        raise ValueError(f'checkpoint={str(checkpoint)!r} and weights={str(weights)!r} mean the same: give one.')
    require(speed == 'exact' or torch.device(device).type == 'cpu',
            f"speed={speed!r} is for the CPU: write speed='exact' with device={str(device)!r}.")
    cfg, file, contents = resolve(config, weights if checkpoint is None else checkpoint)
    if file is not None and is_export(file):
        return open_export(file, benchmark)
    model = build_model(cfg)
    if file is not None:
        load_weights(model, contents, str(file))
    tracker = OnlineTracker(at_speed(model, cfg, speed), **tracking_settings(cfg, benchmark), device=device)
    tracker.config = cfg
    return tracker
