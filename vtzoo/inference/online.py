"""Tracking one object through one video: init on the first frame, track on every other."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from vtzoo.boxes import cxcywh_to_xyxy, iou
from vtzoo.data.tensor_crops import cut_tensor
from vtzoo.inference.inputs import as_array, as_image, check_box, is_box
from vtzoo.inference.recovery import Recovery, recovery_of
from vtzoo.models.tracker import Prediction, Tracker
from vtzoo.registry import CROPS, RANKINGS, TEMPLATE_UPDATES, build
from vtzoo.utils.device import find_device
from vtzoo.utils.require import require

if TYPE_CHECKING:
    from vtzoo.inference.adaptors import OpenCVTracker


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
        crop: changes to the arguments of the model's crop, such as dict(search_factor=4.55).
        lost_threshold: score under which the object counts as lost; None: what the scoring part says.
        recovery: what to do while it is lost, or a config's dict of its arguments; None, as the papers do it: track on
            as if it were not.
        device: where the network runs.

    Example::

        tracker.init(first_image, (x, y, w, h))
        for image in images:
            print(tracker.track(image).box)
    """

    config: Config | None = None
    """The config it was made from, by ``vtzoo.load_tracker``."""

    def __init__(self, model: Tracker, ranking: dict[str, Any] | None = None,
                 templates: dict[str, Any] | None = None, crop: dict[str, Any] | None = None,
                 lost_threshold: float | None = None, recovery: Recovery | dict[str, Any] | None = None,
                 device: str | torch.device = 'cpu') -> None:
        check_tracking(model, ranking, templates, crop)
        self.model = model.to(find_device(device)).eval()
        self.ranking = build(RANKINGS, ranking or dict(type='Best'))
        self.templates = templates or dict(type='FirstOnly')
        self.crop = changed_crop(model.crop, crop or {})
        self.recovery = recovery_of(recovery)
        scored_by = model.confidence or model.head
        self.score_description = scored_by.score_description
        self.lost_threshold = scored_by.lost_threshold if lost_threshold is None else lost_threshold
        self.box: np.ndarray | None = None

    def save_pretrained(self, folder: str | Path) -> Path:
        """Write weights (safetensors), resolved config and model card into a folder, as the hub takes them.

        ``vtzoo.load_tracker(folder)`` reads it.

        Raises:
            ValueError: the tracker was not made by load_tracker, or the folder holds something else.
        """
        from vtzoo.checkpoints.hub import save_pretrained

        return save_pretrained(self._with_weights(), self._needs_config(), folder)

    def push_to_hub(self, repo: str, private: bool = False, token: str | None = None) -> str:
        """Upload the same to OWNER/NAME on the Hugging Face hub -> the commit's address.

        ``vtzoo.load_tracker('hf-hub:OWNER/NAME')`` reads it.
        """
        from vtzoo.checkpoints.hub import push_to_hub

        return push_to_hub(self._with_weights(), self._needs_config(), repo, private, token)

    def _with_weights(self) -> Tracker:
        model: Tracker = self.model
        require(isinstance(model, Tracker), 'this tracker runs exported or compiled calls: to save its weights, load '
                                            "it from its checkpoint with speed='exact'.")
        return model

    def _needs_config(self) -> Config:
        require(self.config is not None, 'this tracker was built by hand and knows no config: make it with '
                                         'vtzoo.load_tracker, or set tracker.config.')
        return self.config

    @torch.inference_mode()
    def init(self, image: np.ndarray | Tensor, box: Sequence[float]) -> None:
        """Start a video.

        Args:
            image: (H, W, 3) uint8 RGB, or what :func:`~vtzoo.inference.inputs.as_image` makes one of. Crops of a
                tensor on a GPU are cut there, see :func:`~vtzoo.data.tensor_crops.cut_tensor`.
            box: x, y, w, h of the object in pixels.

        Raises:
            ValueError: for an image or box that cannot be tracked; a video under way goes on unharmed.
        """
        image = as_image(image)
        start = check_box(box, image)
        update = build(TEMPLATE_UPDATES, self.templates)
        fill = self.crop.fill(as_array(image))
        memory = self._memorize(update.start(self._cut(self.crop.template(start), image, fill)))
        self.fill, self.update, self.memory = fill, update, memory
        self.size, self.box, self.frame, self.lost_frames = tuple(image.shape), start, 0, 0

    @torch.inference_mode()
    def track(self, image: np.ndarray | Tensor) -> Result:
        """Find the object in the next frame (H, W, 3) uint8 RGB.

        The result is finite, or the object is lost and the box is the last one.

        Raises:
            RuntimeError: before init.
            ValueError: for an image that is none, or of another size than the first.
        """
        image = self.check_next(image)
        return self.move(image, *self.step(image, self._last()))

    def as_opencv(self) -> OpenCVTracker:
        """This tracker with the calls of ``cv2.Tracker``: ``init(bgr, box)``, ``update(bgr) -> found, box``."""
        from vtzoo.inference.adaptors import OpenCVTracker
        return OpenCVTracker(self)

    def as_got10k(self, name: str) -> Any:
        """This tracker as a ``got10k.trackers.Tracker``, for the toolkit's experiments."""
        from vtzoo.inference.adaptors import got10k_tracker
        return got10k_tracker(self, name)

    def check_next(self, image: np.ndarray | Tensor) -> np.ndarray | Tensor:
        """A frame that may follow, as (H, W, 3) uint8 RGB; raises as :meth:`track`."""
        self._last()
        image = as_image(image)
        if tuple(image.shape) != self.size:
            raise ValueError(f'the frame is {image.shape[1]}x{image.shape[0]} pixels, the first was '
                             f'{self.size[1]}x{self.size[0]}: resize it, or call init again.')
        return image

    def _last(self) -> np.ndarray:
        """The box x y w h in the last frame."""
        if self.box is None:
            raise RuntimeError('track needs a first frame: call init(image, box) before it.')
        return self.box

    def move(self, image: np.ndarray | Tensor, prediction: Prediction, box: np.ndarray) -> Result:
        """Go on to the next frame with what :meth:`step` found in this one."""
        score = self._score(prediction, box)
        sound = is_box(box) and math.isfinite(score) and bool(prediction.box.isfinite().all())
        if not sound:  # weights that are damaged or overflow
            box, score = self._last(), 0.0
        lost = not sound or score < self.threshold
        stays = not sound or (lost and self.recovery is not None)  # what is not the target is not followed
        update, memory = copy.copy(self.update), self.memory
        if not stays:
            templates = update.step(self.frame + 1, score, lambda: self._cut(self.crop.template(box), image, self.fill))
            memory = memory if templates is None else self._memorize(templates)
            self.box = box
        self.update, self.memory, self.frame = update, memory, self.frame + 1
        self.lost_frames = self.lost_frames + 1 if lost else 0
        x, y, w, h = map(float, box)
        return Result((x, y, w, h), score, lost)

    @property
    def threshold(self) -> float:
        """The score under which the next frame counts as lost."""
        if self.recovery is None:
            return self.lost_threshold
        return self.recovery.threshold(self.lost_threshold, self.lost_frames)

    def search_crop(self, last: np.ndarray) -> Any:
        """The crop in which the object is looked for after its box ``last`` x y w h; wider where it is lost."""
        wider = 1.0 if self.recovery is None else self.recovery.wider(self.lost_frames)
        return self.crop.search(last if wider == 1 else [*(last[:2] - last[2:] * (wider - 1) / 2), *last[2:] * wider])

    @property
    def search_region(self) -> tuple[float, float, float, float]:
        """The square in which the next frame is searched, x y w h in pixels; RuntimeError before init."""
        if self.box is None:
            raise RuntimeError('there is no search region before the first frame: call init(image, box).')
        crop = self.search_crop(self.box)
        left, top, step = crop.grid()
        return left, top, step * crop.size, step * crop.size

    def step(self, image: np.ndarray | Tensor, last: np.ndarray) -> tuple[Prediction, np.ndarray]:
        """One search around the box ``last`` x y w h, without moving on: -> prediction, box x y w h."""
        crop = self.search_crop(last)
        search = self._cut(crop, image, self.fill)
        features, candidates = self.model.candidates(search, self.memory)
        prediction = self.model.score(features, candidates, self.ranking.select(candidates, crop, last))
        return prediction, self.ranking.to_box(prediction, crop, last, image.shape[1], image.shape[0])

    def _cut(self, crop: Any, image: np.ndarray | Tensor, fill: tuple[float, ...]) -> Tensor:
        """-> (1, 3, h, w), normalised, on the device. Crops of a frame on a GPU are cut there."""
        pixels = (cut_tensor(crop, image, fill) if isinstance(image, Tensor) else
                  torch.from_numpy(crop.cut(image, fill)).permute(2, 0, 1))
        normalised: Tensor = self.model.data_preprocessor.normalise(pixels[None])
        return normalised

    def _memorize(self, templates: Tensor) -> Any:
        return self.model.memorize(templates[None])

    def _score(self, prediction: Prediction, box: np.ndarray) -> float:
        if prediction.score is not None:
            return float(prediction.score[0])
        old, new = (torch.tensor([x + w / 2, y + h / 2, w, h]) for x, y, w, h in (self._last(), box))
        return float(iou(cxcywh_to_xyxy(old), cxcywh_to_xyxy(new)))


def check_tracking(model: Tracker, ranking: dict[str, Any] | None = None,
                   templates: dict[str, Any] | None = None, crop: dict[str, Any] | None = None, **_: Any) -> None:
    """Raise ValueError, naming what to write, unless online settings fit the parts of a tracker."""
    changed_crop(model.crop, crop or {})
    policy = build(RANKINGS, ranking or dict(type='Best'))
    require('scores' in model.head.gives or not policy.dense,
            f'{type(policy).__name__} ranks a candidate per cell, {type(model.head).__name__} gives one box: '
            "write tracking.ranking=dict(type='Best').")
    update = build(TEMPLATE_UPDATES, templates or dict(type='FirstOnly'))
    scored = model.confidence is not None or model.head.confident
    require(scored or not update.needs_score,
            f"{type(update).__name__} needs a score, {type(model.head).__name__} gives none: add "
            "confidence=dict(type='SPM'), or write tracking.templates=dict(type='EveryInterval').")


def changed_crop(crop: Any, changes: dict[str, Any]) -> Any:
    """A crop built anew with some of its arguments changed; ValueError for what is not one of them."""
    if not changes:
        return crop
    known = asdict(crop) if is_dataclass(crop) and not isinstance(crop, type) else {}
    for name in changes:
        require(name in known, f'{type(crop).__name__} has no {name!r} to change for tracking; '
                               f'it has: {", ".join(known) or "nothing"}.')
    return build(CROPS, dict(type=type(crop).__name__) | known | changes)
