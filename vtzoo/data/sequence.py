"""One annotated target in one video, and where its frames come from."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np


class FrameError(ValueError):
    """A frame that is missing or cannot be decoded; says which."""


class MissingFrameError(FrameError):
    """A frame that is not there at all."""


class AnnotationError(ValueError):
    """An annotation file or archive that is missing, unreadable or contradicts its frames; says which."""


class MissingSequenceError(AnnotationError):
    """A sequence that is not there at all."""


class FrameSource(Protocol):
    """The frames of a video, opened one at a time."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB; raises :class:`FrameError`."""

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        """The frame at 1/reduce of its size (1, 2, 4 or 8), which a JPEG decodes to directly."""

    def size(self, index: int) -> tuple[int, int]:
        """A frame's width and height, which most files tell without being decoded."""

    def where(self, index: int) -> str:
        """A frame's path, or its archive and member, for messages."""


_MODES = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
          8: cv2.IMREAD_REDUCED_COLOR_8}
_JPEG, _PNG = b'\xff\xd8', b'\x89PNG'


def decode(data: bytes, where: str, reduce: int = 1) -> np.ndarray:
    """Encoded image -> (H, W, 3) uint8 RGB, stored orientation; ``where`` names it in errors.

    A reduced image has ceil(H / reduce) x ceil(W / reduce) pixels, each the mean of those it covers.

    Raises:
        FrameError: the data are no image, or only the beginning of one.
    """
    if not _whole(data):
        raise FrameError(f'{where} is cut off: copy or unpack it again.')
    scaled = reduce if data.startswith(_JPEG) else 1  # other formats decode whole
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _MODES[scaled] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        image = None
    if image is None:
        raise FrameError(f'{where} is no readable image.')
    if scaled != reduce:
        h, w = image.shape[:2]
        image = cv2.resize(image, (-(-w // reduce), -(-h // reduce)), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _whole(data: bytes) -> bool:
    """False for a file that ends early, of which OpenCV 4 returns an image with a black rest."""
    if data.startswith(_JPEG) and not data.endswith(b'\xff\xd9'):
        return data.rfind(b'\xff\xd9') > data.rfind(b'\xff\xda')  # its end mark follows its last scan
    if data.startswith(_PNG):
        return b'IEND' in data[-64:]
    return len(data) > 0


def encoded_size(data: bytes, where: str) -> tuple[int, int]:
    """Encoded image -> width, height: from its header where it is a JPEG or PNG, else by decoding it."""
    size = (0, 0)
    if data.startswith(_PNG) and len(data) >= 24:
        size = struct.unpack('>II', data[16:24])
    place = 2
    while data.startswith(_JPEG) and place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # the start of the frame
            size = struct.unpack('>HH', data[place + 5:place + 9])[::-1]
            break
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2:place + 4], 'big')
    return size if min(size) > 0 else decode(data, where).shape[1::-1]


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

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        return decode(self.data(index), self.where(index), reduce)

    def size(self, index: int) -> tuple[int, int]:
        return encoded_size(self.data(index), self.where(index))

    def data(self, index: int) -> bytes:
        """A frame's file; raises :class:`FrameError`."""
        path = self.where(index)
        try:
            return Path(path).read_bytes()
        except FileNotFoundError as error:
            raise MissingFrameError(f'{path} is missing.') from error
        except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
            raise FrameError(f'{path} cannot be read ({getattr(error, "strerror", error)}).') from error

    def where(self, index: int) -> str:
        return str(self.folder / self.names[index])


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

    def read(self, index: int, reduce: int = 1) -> np.ndarray:
        return self.frames.read(self.indices[index], reduce)

    def size(self, index: int) -> tuple[int, int]:
        return self.frames.size(self.indices[index])

    def where(self, index: int) -> str:
        return self.frames.where(self.indices[index])


@dataclass(frozen=True)
class TrackingSequence:
    """One annotated target in one video; frames are opened lazily.

    Args:
        name: unique within its set.
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
