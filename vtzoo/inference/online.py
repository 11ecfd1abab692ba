"""Tracking one object through one video: init on the first frame, track on every other."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vtzoo.boxes import cxcywh_to_xyxy, iou
from vtzoo.models.tracker import Prediction, Tracker
from vtzoo.registry import RANKINGS, TEMPLATE_UPDATES, build
from vtzoo.utils.device import find_device
from vtzoo.utils.require import require


@dataclass(frozen=True)
class Result:
    """Where the object is.

    Args:
        box: x, y, w, h in pixels.
        score: 0..1; what it says depends on the tracker, see ``OnlineTracker.score_description``.
        lost: the score is below ``OnlineTracker.lost_threshold``; the box is then a guess.
    """

    box: tuple[float, float, float, float]
    score: float
    lost: bool


class OnlineTracker:
    """A tracker model at work on a video.

    Args:
        model: moved to the device and set to evaluation mode here.
        ranking, templates: configs of the policies; None: the best box, the first template only.
        crop: changes to the model's crop, such as dict(search_factor=4.55).
        lost_threshold: score under which the object counts as lost; None: what the scoring part says.
        device: where the network runs.

    Example::

        tracker.init(first_image, (x, y, w, h))
        for image in images:
            print(tracker.track(image).box)
    """

    def __init__(self, model: Tracker, ranking: dict | None = None, templates: dict | None = None,
                 crop: dict | None = None, lost_threshold: float | None = None,
                 device: str | torch.device = 'cpu') -> None:
        check_tracking(model, ranking, templates, crop)
        self.model = model.to(find_device(device)).eval()
        self.ranking = build(RANKINGS, ranking or dict(type='Best'))
        self.templates = templates or dict(type='FirstOnly')
        self.crop = copy.copy(model.crop)
        for name, value in (crop or {}).items():
            setattr(self.crop, name, value)
        scored_by = model.confidence or model.head
        self.score_description = scored_by.score_description
        self.lost_threshold = scored_by.lost_threshold if lost_threshold is None else lost_threshold
        self.box: np.ndarray | None = None

    @torch.inference_mode()
    def init(self, image: np.ndarray, box: Sequence[float]) -> None:
        """Start a video.

        Args:
            image: (H, W, 3) uint8 RGB.
            box: x, y, w, h of the object in pixels.

        Raises:
            ValueError: for an image or box that cannot be tracked; a video under way goes on unharmed.
        """
        check_image(image)
        box = check_box(box, image)
        update = build(TEMPLATE_UPDATES, self.templates)
        fill = self.crop.fill(image)
        memory = self._memorize(update.start(self._cut(self.crop.template(box), image, fill)))
        self.fill, self.update, self.memory = fill, update, memory
        self.size, self.box, self.frame = image.shape, box, 0

    @torch.inference_mode()
    def track(self, image: np.ndarray) -> Result:
        """Find the object in the next frame (H, W, 3) uint8 RGB.

        Raises:
            RuntimeError: before init.
            ValueError: for an image that is none, or of another size than the first.
        """
        if self.box is None:
            raise RuntimeError('track needs a first frame: call init(image, box) before it.')
        check_image(image)
        if image.shape != self.size:
            raise ValueError(f'the frame is {image.shape[1]}x{image.shape[0]} pixels, the first was '
                             f'{self.size[1]}x{self.size[0]}: resize it, or call init again.')
        prediction, box = self.step(image, self.box)
        score = self._score(prediction, box)
        self.frame += 1
        self.box = box
        templates = self.update.step(self.frame, score, lambda: self._cut(self.crop.template(box), image, self.fill))
        if templates is not None:
            self.memory = self._memorize(templates)
        return Result(tuple(map(float, box)), score, score < self.lost_threshold)

    def step(self, image: np.ndarray, last: np.ndarray) -> tuple[Prediction, np.ndarray]:
        """One search around the box ``last`` x y w h, without moving on: -> prediction, box x y w h."""
        crop = self.crop.search(last)
        search = self._cut(crop, image, self.fill)
        prediction = self.model.track(search, self.memory, lambda boxes: self.ranking.select(boxes, crop, last))
        return prediction, self.ranking.to_box(prediction, crop, last, image.shape[1], image.shape[0])

    def _cut(self, crop: Any, image: np.ndarray, fill: tuple[float, ...]) -> Tensor:
        """-> (1, 3, h, w), normalised, on the device."""
        pixels = torch.from_numpy(crop.cut(image, fill)).permute(2, 0, 1)[None]
        return self.model.data_preprocessor.normalise(pixels)

    def _memorize(self, templates: Tensor) -> Any:
        return self.model.memorize(templates[None])

    def _score(self, prediction: Prediction, box: np.ndarray) -> float:
        if prediction.score is not None:
            return float(prediction.score[0])
        old, new = (torch.tensor([x + w / 2, y + h / 2, w, h]) for x, y, w, h in (self.box, box))
        return float(iou(cxcywh_to_xyxy(old), cxcywh_to_xyxy(new)))


def check_tracking(model: Tracker, ranking: dict | None = None, templates: dict | None = None,
                   crop: dict | None = None, **_: Any) -> None:
    """Raise ValueError, naming what to write, unless online settings fit the parts of a tracker."""
    for name in crop or {}:
        require(hasattr(model.crop, name), f'{type(model.crop).__name__} has no {name!r} to change for tracking.')
    policy = build(RANKINGS, ranking or dict(type='Best'))
    require('scores' in model.head.gives or not policy.dense,
            f'{type(policy).__name__} ranks a candidate per cell, {type(model.head).__name__} gives one box: '
            "write tracking.ranking=dict(type='Best').")
    update = build(TEMPLATE_UPDATES, templates or dict(type='FirstOnly'))
    scored = model.confidence is not None or 'scores' in model.head.gives or hasattr(model.head, 'concentration')
    require(scored or not update.needs_score,
            f"{type(update).__name__} needs a score, {type(model.head).__name__} gives none: add "
            "confidence=dict(type='SPM'), or write tracking.templates=dict(type='EveryInterval').")


def check_image(image: Any) -> None:
    """Raise ValueError, saying how to mend it, unless image is (H, W, 3) uint8."""
    if not isinstance(image, np.ndarray):
        raise ValueError(f'an image is a numpy array (H, W, 3) of uint8 RGB, not a {type(image).__name__}.')
    if image.dtype != np.uint8:
        raise ValueError(f'an image holds uint8 values 0..255, not {image.dtype}: scale it and call astype(np.uint8).')
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1):
        raise ValueError('the image is grey: make it RGB with cv2.cvtColor(image, cv2.COLOR_GRAY2RGB).')
    if image.ndim == 3 and image.shape[2] == 4:
        raise ValueError('the image has an alpha channel: drop it with image[..., :3].')
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f'an image is (H, W, 3), not {image.shape}.')


def check_box(box: Sequence[float], image: np.ndarray) -> np.ndarray:
    """-> (4,) float64; ValueError unless x y w h is finite, has a size and meets the image."""
    try:
        box = np.asarray(box, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise ValueError(f'a box is four numbers x, y, w, h, not {box!r}.') from None
    if len(box) != 4:
        raise ValueError(f'a box is four numbers x, y, w, h, not {len(box)}.')
    text = ', '.join(f'{value:g}' for value in box)
    if not np.isfinite(box).all():
        raise ValueError(f'the box ({text}) is not finite.')
    x, y, w, h = box
    if w <= 0 or h <= 0:
        raise ValueError(f'the box ({text}) has no size: x, y, w, h with w and h above 0 are needed.')
    if x >= image.shape[1] or y >= image.shape[0] or x + w <= 0 or y + h <= 0:
        raise ValueError(f'the box ({text}) lies outside the image of {image.shape[1]}x{image.shape[0]} pixels.')
    return box
