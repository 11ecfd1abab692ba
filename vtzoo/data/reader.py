"""What the readers of sets on disk share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from vtzoo.data.annotations import Place, read_text
from vtzoo.data.roots import data_root, find_set
from vtzoo.data.sequence import AnnotationError, Dataset, FrameSource, MissingSequenceError, Numbered, TrackingSequence
from vtzoo.utils.limits import limit


class Reader(Dataset):
    """A set on disk: gives ``videos``, and ``read``s their targets one video at a time.

    Args:
        split: one of ``splits``, the first where None.
        root: the data root, see :mod:`vtzoo.data.roots`.

    Raises:
        ValueError: there is no such split.
        FileNotFoundError: the set is not under the root.
    """

    title: str  # as the papers write it
    folders: tuple[str, ...]  # the usual names of its folder under the data root
    holds = ''  # what that folder holds, where sets share a name
    signs: tuple[str, ...] = ()  # patterns of files or folders inside that only this set has
    splits: tuple[str, ...]
    whole: tuple[str, ...] | None = None  # the splits that hold every sequence once, where not all of them
    many = False  # True: a video has several targets, or none
    videos: Sequence[str]  # what is read in one go: a video, or an image

    def __init__(self, split: str | None = None, root: str | Path | None = None) -> None:
        self.split = self.splits[0] if split is None else split
        if self.split not in self.splits:
            raise ValueError(f'{self.title} has no split {split!r}; known: {", ".join(self.splits)}.')
        self.folder = find_set(root, self.folders, self.title, self.holds, self.recognises)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether a folder is this set, whatever its name."""
        return any(next(folder.glob(sign), None) for sign in cls.signs)

    @classmethod
    def found(cls, root: str | Path | None) -> list[Reader]:
        """Readers of all that is there, every sequence once; a :class:`Broken` one where a list cannot be read."""
        readers = []
        for split in cls.whole or cls.splits:
            try:
                readers.append(cls(split, root))
            except FileNotFoundError:
                continue
            except AnnotationError as error:
                readers.append(Broken(cls, split, root, error))
        return readers

    @property
    def variant(self) -> str:
        """What tells two readers of one split of one folder apart, where anything does."""
        return ''

    def read(self, video: str) -> list[TrackingSequence]:
        """The annotated targets of one video.

        Raises:
            AnnotationError: its annotation cannot be read or contradicts its frames.
        """
        raise NotImplementedError

    def watched(self) -> Iterable[str | Path]:
        """The files and folders whose change makes an index of the set stale."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, index: int) -> TrackingSequence:
        video, number = self._targets[index]
        return self.read(video)[number]

    @cached_property
    def _targets(self) -> list[tuple[str, int]]:
        """Video and number of every target; where a video has many, all are read for this."""
        return [(video, number) for video in self.videos
                for number in range(len(self.read(video)) if self.many else 1)]


class Broken(Reader):
    """Stands for a split whose list of sequences cannot be read: one video, whose reading says why."""

    def __init__(self, cls: type[Reader], split: str, root: str | Path | None, error: AnnotationError,
                 name: str = '') -> None:
        self.title, self.split, self.folder, self.error = cls.title, split, data_root(root), error
        self.name = name or getattr(cls, 'name', cls.__name__.lower())
        self.videos = ['the list of its sequences']

    def read(self, video: str) -> list[TrackingSequence]:
        raise AnnotationError(str(self.error))

    def watched(self) -> Iterable[str | Path]:
        return ()


def listed(place: Place, name: str = 'list.txt') -> list[str]:
    """The sequences that a list names, one a line, each once.

    Raises:
        AnnotationError: it cannot be read.
    """
    lines = (line.strip() for line in read_text(place, name).splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def numbered_frames(place: Place, pattern: str, first: int, count: int | None = None,
                    surplus: bool = False) -> FrameSource:
    """Frames named by number: one for each of ``count`` boxes, or None: as many as there are.

    A frame missing among others keeps its place and raises when it is read.

    Raises:
        MissingSequenceError: all are missing.
        AnnotationError: they do not end with the boxes (``surplus`` allows later ones).
    """
    suffix = pattern[pattern.rindex('.'):]
    numbers = [int(name.removesuffix(suffix)) for name in place.names()
               if name.endswith(suffix) and len(name) < 24 and name.removesuffix(suffix).isdecimal()]
    found = max(numbers, default=first - 1) - first + 1
    if found > limit('VTZOO_MAX_LINES'):
        raise AnnotationError(f'{place} holds a frame {max(numbers)}, which is not its last by far.')
    if not found:
        raise MissingSequenceError(f'{place} holds none of the frames {pattern % first}, {pattern % (first + 1)}, ...')
    if count is not None and (found < count or (found > count and not surplus)):
        raise AnnotationError(f'{place} holds {found} frames, of which {count} are annotated.')
    return place.frames(Numbered(pattern, first, found if count is None else count))
