"""The public face: models and trackers from configs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from mmengine.config import Config

from vtzoo.checkpoints.convert import load_weights
from vtzoo.checkpoints.exports import is_export
from vtzoo.checkpoints.sources import resolve
from vtzoo.config import tracking_settings
from vtzoo.deploy.exported import open_export
from vtzoo.inference.follow import USUAL, Follower, Tracked, check_steps, named_boxes, results_of
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.recovery import Recovery
from vtzoo.inference.sources import open_source
from vtzoo.models.build import build_model
from vtzoo.models.tracker import Tracker
from vtzoo.registry import COMPONENTS, names

__all__ = ['build_model', 'list_components', 'load_tracker', 'track']


def list_components(kind: str) -> list[str]:
    """Names of the parts of one kind: 'backbone', 'fusion', 'head', 'confidence' or 'loss'."""
    if kind not in COMPONENTS:
        raise ValueError(f'there is no kind of component called {kind!r}; known: {", ".join(COMPONENTS)}.')
    return names(COMPONENTS[kind])


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
        speed: 'exact', 'fast' or 'fastest', see :data:`vtzoo.deploy.fast.SPEEDS`.

    Raises:
        ValueError: the checkpoint is of another tracker; lists what differs.
        FileNotFoundError: the weights cannot be had; says what was tried.
    """
    if checkpoint is not None and weights is not None:
        raise ValueError(f'checkpoint={str(checkpoint)!r} and weights={str(weights)!r} mean the same: give one.')
    cfg, file, contents = resolve(config, weights if checkpoint is None else checkpoint)
    if file is not None and is_export(file):
        return open_export(file, benchmark)
    model = build_model(cfg)
    if file is not None:
        load_weights(model, contents, str(file))
    if speed != 'exact':
        from vtzoo.deploy.fast import at_speed  # what writes graphs takes a while to import

        # Random weights may be so badly conditioned that float32 itself is off by more than any bound.
        bound = 1e30 if file is None else None
        model = cast(Tracker, at_speed(model, cfg, speed, bound, device))  # faster, with the same calls
    tracker = OnlineTracker(model, **tracking_settings(cfg, benchmark), device=device)
    tracker.config = cfg
    return tracker


def track(source: Any, box: Any, tracker: OnlineTracker | str | None = None, *, start: int = 0, stride: int = 1,
          max_frames: int | None = None, recovery: Recovery | None = USUAL, **options: Any) -> Iterator[Tracked]:
    """Follow one target or several: ``for result in vtzoo.track('street.mp4', (120, 80, 64, 48)): ...``.

    Args:
        source: what :func:`~vtzoo.inference.sources.open_source` takes: a video, a folder, a camera's number, a
            stream's address, arrays, ...
        box: x, y, w, h of the target in the first frame; a list of boxes, or a mapping of names to boxes, for several.
        tracker: from ``vtzoo.load_tracker``, or the name of a config; None: the best one that ships.
        start, stride: the first frame, from 0, and the step from each frame to the next.
        max_frames: how many frames are read at most.
        recovery: what is done while a target is lost; None: nothing.
        options: fps, size, pixel_format, patience, every_frame of ``open_source``.

    Yields:
        A result for each target in each frame that can be read, the first one included.

    Raises:
        ValueError: the source, the box or the first frame cannot be used.
        RunError: the frames change their size, or a camera or stream is gone.
    """
    check_steps(start, stride, max_frames)
    boxes = named_boxes(box)
    opened = open_source(source, **options)
    if tracker is None or isinstance(tracker, str):
        tracker = load_tracker(tracker)
    return results_of(opened, Follower(tracker, boxes, recovery), start, stride, max_frames)
