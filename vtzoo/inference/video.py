"""Videos in and out: files or folders of frames, boxes drawn on them. Needs no screen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from vtzoo.inference.formats import CODECS
from vtzoo.inference.source import FPS, Source
from vtzoo.inference.sources import open_source
from vtzoo.utils.errors import RunError


class Video:
    """RGB frames in order, with len() and fps, of a source that ends.

    Raises:
        ValueError: there is none, or a frame cannot be read.
    """

    def __init__(self, source: Source) -> None:
        if source.live:
            raise ValueError(f'{source.name} has no end: name a video or a folder of frames.')
        self.source, self.fps = source, source.fps
        self.length = source.length
        if self.length is None:
            self.length = sum(1 for _ in source.frames())

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[np.ndarray]:
        for frame in self.source.frames():
            if frame.image is None:
                raise ValueError(frame.fault)
            yield frame.image


def open_video(path: str | Path) -> Video:
    """A video file or a folder of frames, or another source that ends, see :func:`open_source`."""
    return Video(open_source(path))


class VideoWriter:
    """Writes RGB frames into a video, its size taken from the first frame.

    Args:
        path: ends in a suffix of CODECS.
        fps: frames per second; the nearest rate that a container takes is written.

    Raises:
        ValueError: the file cannot be written.
        RunError: when it is closed: it holds less than was written, as on a full disk.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self.path, self.fps, self.writer, self.count = Path(path), container_rate(fps), None, 0
        check_video_name(self.path)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close(check=kind is None)

    def write(self, image: np.ndarray) -> None:
        """Add a frame (H, W, 3) uint8 RGB, of the first one's size."""
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.size = image.shape
            codec = cv2.VideoWriter_fourcc(*CODECS[self.path.suffix.lower()])
            self.writer = cv2.VideoWriter(str(self.path), cv2.CAP_FFMPEG, codec, self.fps, image.shape[1::-1])
            if not self.writer.isOpened():
                raise ValueError(f'{self.path} cannot be written as a video of {image.shape[1]}x{image.shape[0]} '
                                 'pixels.')
        if image.shape != self.size:
            raise ValueError(f'{self.path} has frames of {self.size[1]}x{self.size[0]} pixels, this one has '
                             f'{image.shape[1]}x{image.shape[0]}.')
        self.writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.count += 1

    def close(self, check: bool = True) -> None:
        """Finish the file, and see that all frames are in it."""
        if self.writer is None:
            return
        self.writer.release()
        self.writer = None
        if check and (kept := _frames_in(self.path)) < self.count:
            raise RunError(f'{self.path} holds {kept} of {self.count} frames: is the disk full?')


def check_video_name(path: Path) -> None:
    """Raise ValueError unless a name is that of a video which can be written."""
    if path.suffix.lower() not in CODECS:
        raise ValueError(f'{path} is not the name of a video that can be written: use one that ends in '
                         f'{", ".join(CODECS)}.')


def container_rate(fps: float) -> float:
    """The nearest frame rate that MPEG-4 can state: a fraction with at most 65535 above and below the line."""
    if not (math.isfinite(fps) and 0 < fps <= 1000):
        return FPS
    digits = next(digits for digits in (3, 2, 1, 0) if round(fps, digits) * 10 ** digits <= 65535)
    return max(round(fps, digits), 0.1)


def _frames_in(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    return max(count, 0)


def draw(image: np.ndarray, box: Sequence[float], score: float | None = None, lost: bool = False,
         colour: tuple[int, int, int] = (60, 220, 60), name: str = '') -> np.ndarray:
    """A copy of an RGB image with a box x y w h: green, or grey and marked lost where the object is lost."""
    image = image.copy()
    colour = (160, 160, 160) if lost else colour
    limits = [8 * side for side in (image.shape[1], image.shape[0])] * 2  # OpenCV's integers are small
    corners = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    x1, y1, x2, y2 = (round(float(np.clip(v, -most, most))) for v, most in zip(corners, limits, strict=True))
    thick = max(1, round(min(image.shape[:2]) / 200))
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, thick, cv2.LINE_AA)
    words = [*([name] if name else []), *(['lost'] if lost else []), *([] if score is None else [f'{score:.2f}'])]
    if words:
        size = max(0.35, min(image.shape[:2]) / 900)
        at = (max(x1, 2), y1 - 4 if y1 > 20 else y2 + int(24 * size) + 4)
        text = ' '.join(words).encode('ascii', 'replace').decode()  # OpenCV's font knows no more
        for ink, width in (((0, 0, 0), 3 * thick), (colour, thick)):
            cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, width, cv2.LINE_AA)
    return image
