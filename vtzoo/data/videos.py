"""Frames of a video file, for those who have not unpacked theirs."""

from __future__ import annotations

import functools
import os
import stat
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data.errors import AnnotationError, FrameError
from vtzoo.data.sequence import indexed
from vtzoo.utils.limits import limit, too_large

SUFFIXES = ('.mp4', '.m4v', '.avi', '.mov', '.mkv', '.webm', '.mpg', '.mpeg', '.wmv', '.ts', '.m2ts', '.mts', '.3gp',
            '.ogv', '.flv', '.y4m', '.h264', '.264', '.h265', '.265', '.hevc', '.mjpg', '.mjpeg')
"""How the names of videos end, in lower case."""


@indexed
@dataclass
class VideoFrames:
    """The frames of a video file.

    Frames are reached by decoding what lies before them, since seeking lands on the wrong frame in many
    files: in order this is fast, at random slow. Unpack videos you train on.

    Args:
        path: the file.
        count: how many frames play, see :func:`count_frames`.
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

    def read(self, index: int, reduce: int = 1, thorough: bool = False) -> np.ndarray:
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
    """How many frames of a video file play. Headers say more, fewer or nothing at all, so it is played once.

    Raises:
        AnnotationError: it cannot be opened, or not one frame plays.
    """
    return played_frames(path)[0]


def played_frames(path: Path) -> tuple[int, int]:
    """How many frames of a video file play, and how many it says it has (0: it does not say).

    Raises:
        AnnotationError: see :func:`count_frames`.
    """
    try:
        state = os.stat(path)
    except OSError as error:
        raise AnnotationError(f'{path} cannot be read ({error.strerror}).') from error
    if not stat.S_ISREG(state.st_mode):
        raise AnnotationError(f'{path} is not a file.')
    return _play(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=1 << 16)
def _play(path: Path, modified: int, size: int) -> tuple[int, int]:
    capture = cv2.VideoCapture(str(path))
    try:
        pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if pixels > limit('VTZOO_MAX_MEGAPIXELS'):
            raise AnnotationError(f'{path} is not read: {too_large("VTZOO_MAX_MEGAPIXELS")}.')
        said, count = capture.get(cv2.CAP_PROP_FRAME_COUNT), 0
        while capture.grab():
            count += 1
    finally:
        capture.release()
    if not count:
        raise AnnotationError(f'{path} is not a video that OpenCV can read.')
    said = int(said) if 0 < said < 1e9 else 0
    if said > count:
        warnings.warn(f'{path} says it has {said} frames, but {count} play: it is cut off, or says too many.',
                      stacklevel=4)
    return count, said
