"""One tracker through one sequence (a stand-in until the evaluation branch lands)."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np


class SequenceResult(NamedTuple):
    """boxes (F, 4) x y w h, scores (F,), seconds (F,)."""

    boxes: np.ndarray
    scores: np.ndarray
    seconds: np.ndarray


def run_sequence(tracker, sequence) -> SequenceResult:  # noqa: ANN001
    """Init on the first frame, track the others."""
    boxes, scores, seconds = [sequence.boxes[0]], [1.0], [0.0]
    tracker.init(sequence.frames[0], sequence.boxes[0])
    for i in range(1, len(sequence)):
        image = sequence.frames[i]
        start = time.perf_counter()
        result = tracker.track(image)
        seconds.append(time.perf_counter() - start)
        boxes.append(result.box)
        scores.append(result.score)
    return SequenceResult(np.array(boxes), np.array(scores), np.array(seconds))
