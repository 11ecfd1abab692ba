"""How fast a tracker is here: the network alone, the whole pipeline, and the pipeline with reading frames."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from vtzoo.data.sequence import FolderFrames
from vtzoo.inference.online import OnlineTracker

SIZE, BOX = (1280, 720), (590.0, 330.0, 100.0, 80.0)
"""Of the frames and the target in them: a usual video and a target of about a hundredth of it."""


class Rate(NamedTuple):
    """Frames per second: the median, and where the slowest and the fastest tenth begin."""

    median: float
    slow: float
    fast: float

    def __str__(self) -> str:
        return f'{self.median:.3g} ({self.slow:.3g} to {self.fast:.3g})'


class Ratio(NamedTuple):
    """How many times as fast as the first tracker: the median over rounds, and its 95 % interval."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f'{self.median:.2f}x [{self.low:.2f}, {self.high:.2f}]'


class Speed(NamedTuple):
    """network: reading one search crop; pipeline: a frame in memory to a box; with_reading: a JPEG file to a box.
    ratio: of the pipeline, to the first tracker's."""

    network: Rate
    pipeline: Rate
    with_reading: Rate
    ratio: Ratio


ROUNDS, SEED = 10, 0


def measure_speed(tracker: OnlineTracker, frames: int = 30, warm_up: int = 3) -> Speed:
    """Time one tracker, see :func:`measure_together`."""
    return measure_together([tracker], frames, warm_up)[0]


def measure_together(trackers: Sequence[OnlineTracker], frames: int = 30, warm_up: int = 3) -> list[Speed]:
    """Time trackers on their devices, with torch's threads as they are set.

    The trackers take turns, some frames each, so that a machine that slows down slows all of them: ratios hold where
    absolute times do not. Every frame is searched around the same box, so that weights which follow nothing are timed
    fairly.

    Args:
        trackers: ready to init; the first one is what the others are compared with.
        frames: how many are timed, for each of the three figures of a tracker.
        warm_up: how many run before.
    """
    rounds = min(ROUNDS, frames)
    with _video() as video:
        works = [_works(tracker, video) for tracker in trackers]
        for one in works:
            for work in one.values():
                _seconds(work, warm_up)
        taken = {name: np.array([[_seconds(one[name], -(-frames // rounds)) for one in works] for _ in range(rounds)])
                 for name in works[0]}  # (rounds, trackers, frames of a round)
    means = np.median(taken['pipeline'], axis=2)
    return [Speed(*(_rate(values[:, i].ravel()) for values in taken.values()), _ratio(means[:, 0] / means[:, i]))
            for i in range(len(trackers))]


def _works(tracker: OnlineTracker, video: FolderFrames) -> dict[str, Callable[[int], None]]:
    """What is timed, one frame a call."""
    device = next((one.device for one in tracker.model.parameters()), torch.device('cpu'))
    tracker.init(video[0], BOX)
    box, image = tracker.box, video[0]
    crop = torch.zeros(1, 3, tracker.crop.search_size, tracker.crop.search_size, device=device)

    def search(frame: np.ndarray) -> None:
        tracker.box = box
        tracker.track(frame)
        _wait(device)

    def read(i: int) -> None:
        with torch.inference_mode():
            tracker.model.candidates(crop, tracker.memory)
        _wait(device)

    return dict(network=read, pipeline=lambda i: search(image), with_reading=lambda i: search(video[i % len(video)]))


def _wait(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def _seconds(work: Callable[[int], None], frames: int) -> list[float]:
    seconds = []
    for i in range(frames):
        start = time.perf_counter()
        work(i)
        seconds.append(time.perf_counter() - start)
    return seconds


def _rate(seconds: np.ndarray) -> Rate:
    slow, median, fast = 1 / np.percentile(seconds, [90, 50, 10])
    return Rate(float(median), float(slow), float(fast))


def _ratio(ratios: np.ndarray) -> Ratio:
    """Of (rounds,) ratios; the interval is a bootstrap over rounds."""
    drawn = np.random.default_rng(SEED).choice(ratios, (2000, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return Ratio(float(np.median(ratios)), float(low), float(high))


@contextmanager
def _video(length: int = 8) -> Iterator[FolderFrames]:
    """JPEG files of something textured, in a folder that is deleted afterwards."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
    image = cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as folder:
        names = [f'{i:08d}.jpg' for i in range(length)]
        for i, name in enumerate(names):
            cv2.imwrite(str(Path(folder) / name), np.roll(image, 2 * i, 1))
        yield FolderFrames(Path(folder), names)
