"""Frames of a video file, for those who have not unpacked theirs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data.sequence import AnnotationError, FrameError


@dataclass
class VideoFrames:
    """The frames of a video file.

    Frames are reached by decoding what lies before them, since seeking lands on the wrong frame in many
    files: in order this is fast, at random slow. Unpack videos you train on.

    Args:
        path: the file.
        count: how many frames.
    """

    path: Path
    count: int
    _capture: cv2.VideoCapture | None = field(default=None, init=False, repr=False, compare=False)
    _process: int | None = field(default=None, init=False, repr=False, compare=False)
    _next: int = field(default=0, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(index)

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        index = range(self.count)[index]
        if self._process != os.getpid() or index + 1 < self._next:  # a fork shares the file position: open anew
            self._capture, self._process, self._next = cv2.VideoCapture(str(self.path)), os.getpid(), 0
        while self._next <= index:
            if not self._capture.grab():
                self._process = None
                raise FrameError(f'{self.where(index)} cannot be decoded.')
            self._next += 1
        decoded, image = self._capture.retrieve()
        if not decoded:
            raise FrameError(f'{self.where(index)} cannot be decoded.')
        if reduce > 1:
            h, w = image.shape[:2]
            image = cv2.resize(image, (-(-w // reduce), -(-h // reduce)), interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def size(self, index: int) -> tuple[int, int]:
        return self.read(index).shape[1::-1]

    def where(self, index: int) -> str:
        return f'frame {index} of {self.path}'

    def __reduce__(self) -> tuple:
        return VideoFrames, (self.path, self.count)  # an open file does not travel


def count_frames(path: Path) -> int:
    """How many frames a video file says it has.

    Raises:
        AnnotationError: it cannot be opened.
    """
    capture = cv2.VideoCapture(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    if count < 1:
        raise AnnotationError(f'{path} is no video that OpenCV can read.')
    return count
