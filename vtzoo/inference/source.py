"""What every source of frames promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

FPS = 30.0
"""Of frames that come without a rate."""


class Frame(NamedTuple):
    """One frame of a source.

    index: from 0, skipped frames counted. time: seconds from the source's start. image (H, W, 3) uint8 RGB, or
    None where it could not be read; fault then says why.
    """

    index: int
    time: float
    image: np.ndarray | None
    fault: str = ''


class Source:
    """Frames in order.

    fps: frames per second. length: how many; None: not known before they are read. live: frames do not wait.
    inputs: the files it reads. faults: what was missed, a sentence each, filled while it is read.
    """

    live = False

    def __init__(self, name: str, fps: float = FPS, length: int | None = None, inputs: Sequence[Path] = ()) -> None:
        self.name, self.fps, self.length, self.inputs = name, fps, length, list(inputs)
        self.faults: list[str] = []

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        """Every stride-th frame from ``start`` on. Frames that cannot be read come too, without an image."""
        raise NotImplementedError

    def _missed(self, index: int, fault: str) -> Frame:
        self.faults.append(fault)
        return Frame(index, index / self.fps, None, fault)
