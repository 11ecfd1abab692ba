"""How fast a tracker is here: the network alone, the whole pipeline, and the pipeline with reading frames."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
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
        return f'{self.median:.1f} ({self.slow:.1f} to {self.fast:.1f})'


class Speed(NamedTuple):
    """network: reading one search crop; pipeline: a frame in memory to a box; with_reading: a JPEG file to a box."""

    network: Rate
    pipeline: Rate
    with_reading: Rate


def measure_speed(tracker: OnlineTracker, frames: int = 30, warm_up: int = 3) -> Speed:
    """Time a tracker on its device, with torch's threads as they are set.

    Every frame is searched around the same box, so that weights which follow nothing are timed fairly.

    Args:
        tracker: ready to init.
        frames: how many are timed, for each of the three.
        warm_up: how many run before.
    """
    device = next(tracker.model.parameters()).device
    with _video() as video:
        tracker.init(video[0], BOX)
        box, image = tracker.box, video[0]
        crop = torch.zeros(1, 3, tracker.crop.search_size, tracker.crop.search_size, device=device)

        def search(frame: np.ndarray) -> None:
            tracker.box = box
            tracker.track(frame)

        def read(i: int) -> None:
            with torch.inference_mode():
                tracker.model.track(crop, tracker.memory)

        rates = (_rate(work, frames, warm_up, device) for work in (
            read, lambda i: search(image), lambda i: search(video[i % len(video)])))
        return Speed(*rates)


def _rate(work: Callable[[int], None], frames: int, warm_up: int, device: torch.device) -> Rate:
    seconds = []
    for i in range(warm_up + frames):
        start = time.perf_counter()
        work(i)
        if device.type == 'cuda':
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    slow, median, fast = 1 / np.percentile(seconds[warm_up:], [90, 50, 10])
    return Rate(float(median), float(slow), float(fast))


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
