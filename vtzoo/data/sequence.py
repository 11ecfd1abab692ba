"""One annotated target in one video, and where its frames come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from vtzoo.data.declared import Judges
from vtzoo.data.errors import AnnotationError, FrameError, MissingFrameError, MissingSequenceError
from vtzoo.data.images import Levels, decode, encoded_size, grey_levels
from vtzoo.utils.limits import read_bytes
from vtzoo.utils.names import file_name

__all__ = ['INDEXED', 'AnnotationError', 'Dataset', 'FolderFrames', 'FrameError', 'FrameSource', 'MissingFrameError',
           'MissingSequenceError', 'Numbered', 'SelectedFrames', 'TrackingSequence', 'indexed', 'levels_of']


class FrameSource(Protocol):
    """The frames of a video, opened one at a time."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB; raises :class:`FrameError`."""

    def read(self, index: int, reduce: int = 1, thorough: bool = False) -> np.ndarray:
        """The frame at 1/reduce of its size (1, 2, 4 or 8), which a JPEG decodes to directly; see
        :func:`vtzoo.data.images.decode`."""

    def size(self, index: int) -> tuple[int, int]:
        """A frame's width and height, which most files tell without being decoded."""

    def where(self, index: int) -> str:
        """A frame's path, or its archive and member, for messages."""


@dataclass(frozen=True)
class Numbered(Sequence):
    """File names that count: pattern % first, pattern % (first + 1), ...

    Args:
        pattern: such as '%08d.jpg'.
        first: the first number.
        count: how many.
    """

    pattern: str
    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> str:
        return self.pattern % (self.first + range(self.count)[index])


INDEXED: dict[str, type] = {}
"""Frame sources that an index can hold, by name."""


def indexed(cls: type) -> type:
    """An index can hold this frame source: a dataclass whose fields are paths, names, numbers or lists of them."""
    INDEXED[cls.__name__] = cls
    return cls


@indexed
@dataclass(frozen=True)
class FolderFrames:
    """Frames that are files.

    Args:
        folder: where they lie.
        names: their file names in order.
    """

    folder: Path
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(index)

    def read(self, index: int, reduce: int = 1, thorough: bool = False) -> np.ndarray:
        return decode(self.data(index), self.where(index), reduce, lambda: self._levels, thorough)

    @cached_property
    def _levels(self) -> Levels:
        return levels_of(self)

    def size(self, index: int) -> tuple[int, int]:
        return encoded_size(self.data(index), self.where(index))

    def data(self, index: int) -> bytes:
        """A frame's file; raises :class:`FrameError`."""
        path = self.where(index)
        try:
            return read_bytes(path, 'VTZOO_MAX_FRAME_MB')
        except FileNotFoundError as error:
            raise MissingFrameError(f'{path} is missing.') from error
        except (OSError, ValueError) as error:  # ValueError: too large, or a name with a zero byte
            raise FrameError(f'{path} cannot be read ({getattr(error, "strerror", error)}).') from error

    def where(self, index: int) -> str:
        return str(self.folder / self.names[index])


def levels_of(frames: FolderFrames) -> Levels:
    """The grey levels of a video of 16-bit images, from the first frame that can be read."""
    for index in range(min(len(frames), 10)):
        try:
            return grey_levels(frames.data(index), frames.where(index))
        except FrameError:
            continue
    return 0.0, 65535.0


@dataclass(frozen=True)
class SelectedFrames:
    """Some frames of a source.

    Args:
        frames: the source.
        indices: which, in order.
    """

    frames: FrameSource
    indices: Sequence[int]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.frames[self.indices[index]]

    def read(self, index: int, reduce: int = 1, thorough: bool = False) -> np.ndarray:
        return self.frames.read(self.indices[index], reduce, thorough)

    def size(self, index: int) -> tuple[int, int]:
        return self.frames.size(self.indices[index])

    def where(self, index: int) -> str:
        return self.frames.where(self.indices[index])


@dataclass(frozen=True)
class TrackingSequence:
    """One annotated target in one video; frames are opened lazily.

    Args:
        name: unique within its set, and fit to name its result files, see :func:`vtzoo.utils.names.file_name`.
        frames: len(), frames[i] -> (H, W, 3) uint8 RGB.
        boxes: (F, 4) x y w h, float64, the numbers of the set's own files (see :attr:`Dataset.base`),
            boxes of no size included; NaN where the files give none.
        visible: (F,) bool: the target is there and its box is meant to be used.
        attributes: per-set extras. Arrays have a value for each frame (``absent``, ``cover``); the rest
            is plain data.
    """

    name: str
    frames: FrameSource
    boxes: np.ndarray
    visible: np.ndarray
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, 'name', file_name(self.name))

    def __len__(self) -> int:
        return len(self.boxes)

    def select(self, indices: np.ndarray) -> TrackingSequence:
        """The sequence of some of its frames, (K,) whole numbers."""
        attributes = {key: value[indices] if isinstance(value, np.ndarray) else value
                      for key, value in self.attributes.items()}
        return TrackingSequence(self.name, SelectedFrames(self.frames, indices), self.boxes[indices],
                                self.visible[indices], attributes)


class Dataset:
    """A set of sequences, one split of it.

    Whoever makes one sets these and defines ``__len__`` and ``__getitem__``. Sets on disk are a
    :class:`~vtzoo.data.reader.Reader`.
    """

    name: str  # of the benchmark, lower case: 'got10k'
    split: str
    protocol: str = 'pytracking'  # how results on it are scored by default
    paper: str | None = None  # about it: a key of vtzoo/zoo/references.bib, or its BibTeX
    held_out: tuple[str, ...] = ('test',)  # splits that judge trackers, so that none trains on them
    benchmarks: tuple[Judges, ...] = ()  # what --benchmark calls them
    is_video = True  # False: every sequence is one image
    base = 0
    """The coordinate of an image's first pixel in the set's files: 0 or 1.

    Boxes are handed on in the files' own numbers, as every toolkit scores them and every released
    tracker was trained and started on them: a tracker that starts on such a box answers in the same
    numbers. Subtract ``base`` from x and y where a pixel matters, as in drawing."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> TrackingSequence:
        raise NotImplementedError
