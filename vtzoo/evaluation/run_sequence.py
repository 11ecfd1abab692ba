"""One tracker on one sequence: the loop that testing, validation and benchmarking share."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.results import SequenceResult
from vtzoo.inference.online import Result


class Tracks(Protocol):
    """What can be tested: :class:`~vtzoo.inference.online.OnlineTracker`, or anything with its two calls."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Start on a first frame (H, W, 3) uint8 RGB with a box x y w h."""

    def track(self, image: np.ndarray) -> Result:
        """Find the object in the next frame."""


def run_sequence(tracker: Tracks, sequence: TrackingSequence) -> SequenceResult:
    """Track through a sequence from its first box.

    Boxes are in the numbers of the set's files, as the first one is.

    Raises:
        ValueError: the sequence does not start with a box that can be tracked, or a frame cannot be read.
    """
    frames = len(sequence.frames)
    boxes, scores, seconds = np.empty((frames, 4)), np.ones(frames), np.empty(frames)
    for i in range(frames):
        image = sequence.frames[i]
        start = time.perf_counter()
        if i == 0:
            boxes[0] = sequence.boxes[0]
            tracker.init(image, boxes[0])
        else:
            result = tracker.track(image)
            boxes[i], scores[i] = result.box, result.score
        seconds[i] = time.perf_counter() - start
    return SequenceResult(boxes, scores, seconds)
