"""The same tracker in the interfaces that people have programs for: OpenCV's, GOT-10k's, supervision's."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from vtzoo.inference.online import OnlineTracker, Result


class OpenCVTracker:
    """``cv2.Tracker``'s two calls: frames are BGR, boxes whole pixels.

    Args:
        tracker: does the work; it is used by nobody else meanwhile.
    """

    def __init__(self, tracker: OnlineTracker) -> None:
        self.tracker = tracker

    def init(self, image: np.ndarray, boundingBox: tuple[int, int, int, int]) -> None:  # noqa: N803
        """Start with a BGR or grey frame and a box x, y, w, h; ValueError for what cannot be tracked."""
        self.tracker.init(_from_bgr(image), boundingBox)

    def update(self, image: np.ndarray) -> tuple[bool, tuple[int, int, int, int]]:
        """The next frame -> whether the target is there, and its box x, y, w, h."""
        result = self.tracker.track(_from_bgr(image))
        return not result.lost, tuple(round(value) for value in result.box)


def _from_bgr(image: Any) -> Any:
    colour = isinstance(image, np.ndarray) and image.ndim == 3 and image.shape[2] == 3 and image.size > 0
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if colour and image.dtype == np.uint8 else image


def got10k_tracker(tracker: OnlineTracker, name: str) -> Any:
    """A ``got10k.trackers.Tracker`` for the experiments of GOT-10k's toolkit.

    Args:
        tracker: does the work.
        name: of the folder of its results.

    Raises:
        ImportError: the toolkit is not installed.
    """
    base = _optional('got10k.trackers', 'got10k').Tracker

    class Got10kTracker(base):
        """Frames are PIL images."""

        def __init__(self) -> None:
            super().__init__(name=name, is_deterministic=True)

        def init(self, image: Any, box: np.ndarray) -> None:
            tracker.init(image.convert('RGB'), box)

        def update(self, image: Any) -> np.ndarray:
            return np.array(tracker.track(image.convert('RGB')).box)

    return Got10kTracker()


def detections(results: Mapping[str, Result] | Iterable[Any]) -> Any:
    """Results of one frame as ``supervision.Detections``.

    Args:
        results: what ``MultiTracker.track`` gives, or the results of ``vtzoo.track`` for one frame.

    Returns:
        Detections with xyxy, confidence, and in ``data`` the names (``class_name``) and ``lost``; ``tracker_id``
        counts the targets in their order, from 1.

    Raises:
        ImportError: supervision is not installed.
    """
    supervision = _optional('supervision', 'supervision')
    named = list(results.items() if isinstance(results, Mapping) else ((one.name, one) for one in results))
    if not named:
        return supervision.Detections.empty()
    boxes = np.array([one.box for _, one in named], np.float32)
    boxes[:, 2:] += boxes[:, :2]
    return supervision.Detections(
        xyxy=boxes, confidence=np.array([one.score for _, one in named], np.float32),
        tracker_id=np.arange(1, len(named) + 1),
        data=dict(class_name=np.array([name for name, _ in named]), lost=np.array([one.lost for _, one in named])))


def _optional(module: str, distribution: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{distribution} is not installed: pip install {distribution}.') from error
