"""One annotated target in one video, and where its frames come from."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np


class FrameError(ValueError):
    """A frame that is missing or cannot be decoded; says which."""


class FrameSource(Protocol):
    """The frames of a video, opened one at a time."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB; raises :class:`FrameError`."""

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        """The frame at 1/reduce of its size (1, 2, 4 or 8), which a JPEG decodes to directly."""

    def where(self, index: int) -> str:
        """A frame's path, or its archive and member, for messages."""


_REDUCED = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
            8: cv2.IMREAD_REDUCED_COLOR_8}


def decode(data: bytes, where: str, reduce: int = 1) -> np.ndarray:
    """Encoded image -> (H, W, 3) uint8 RGB, stored orientation; ``where`` names it in errors."""
    pixels = np.frombuffer(data, np.uint8)
    image = cv2.imdecode(pixels, _REDUCED[reduce] | cv2.IMREAD_IGNORE_ORIENTATION) if len(pixels) else None
    if image is None:
        raise FrameError(f'{where} is no readable image.')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@dataclass(frozen=True)
class FolderFrames:
    """Frames that are files.

    Args:
        folder: where they lie.
        names: their file names in order.
    """

    folder: Path
    names: Items[str]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(index)

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        path = self.where(index)
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise FrameError(f'{path} cannot be read ({error.strerror}).') from error
        return decode(data, path, reduce)

    def where(self, index: int) -> str:
        return str(self.folder / self.names[index])


@dataclass(frozen=True)
class Sequence:
    """One annotated target in one video; frames are opened lazily.

    Args:
        name: unique within its set.
        frames: len(), frames[i] -> (H, W, 3) uint8 RGB.
        boxes: (F, 4) x y w h in pixels, 0-based, float64; NaN where the truth is absent or unknown.
        visible: (F,) bool: the target is there and its box is meant to be used.
        attributes: per-set extras, such as cover labels or attribute names.
    """

    name: str
    frames: FrameSource
    boxes: np.ndarray
    visible: np.ndarray
    attributes: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.boxes)


class Dataset:
    """A set of sequences, one split of it.

    A reader sets these and defines ``__len__`` and ``__getitem__``. Reading a sequence may be slow:
    whoever draws many keeps an index (see :mod:`vtzoo.data.index`).
    """

    name: str  # of the benchmark, lower case: 'got10k'
    split: str
    protocol: str = 'pytracking'  # how results on it are scored by default
    is_video = True  # False: every sequence is one image
    base = 0
    """The coordinate of an image's first pixel in the set's files: 0 or 1.

    Boxes are handed on in the files' own numbers, as every toolkit scores them and every released
    tracker was trained and started on them: a tracker that starts on such a box answers in the same
    numbers. Subtract ``base`` from x and y where a pixel matters, as in drawing."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> Sequence:
        raise NotImplementedError
