"""Where a sequence's files lie: a folder, or a folder inside a ZIP archive that is read in place.

A frame of an archive is found by its offset alone, so no archive stays open, nothing is shared
between worker processes, and an index can keep the offsets.
"""

from __future__ import annotations

import functools
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from vtzoo.data.errors import AnnotationError, FrameError, MissingFrameError, MissingSequenceError
from vtzoo.data.images import Levels, decode, encoded_size
from vtzoo.data.sequence import FolderFrames, indexed, levels_of
from vtzoo.utils.limits import limit, read_bytes, too_large
from vtzoo.utils.names import is_inside, is_junk, natural_key

_HEADER = struct.Struct('<4s2xHH16xHH')  # of a member: signature, flags, method, length of name and extra field
_MISSING = (-1, 0, 0)
_TAIL = 2 ** 16 + 200  # bytes: the longest comment, and the records at an archive's end


def is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder or leads to one; False for a link that leads to itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


@dataclass(frozen=True)
class Folder:
    """A folder on disk."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def inside(self, name: str) -> Folder:
        """A folder in it; AnnotationError for a name that leads elsewhere."""
        return Folder(self.path / _checked(name, self))

    def has(self, name: str) -> bool:
        """Whether there is a file of that name in it, readable or not."""
        return os.path.lexists(self.path / name)

    def names(self) -> list[str]:
        """The names of the files in it, in natural order."""
        try:
            with os.scandir(self.path) as entries:
                return sorted((entry.name for entry in entries if not is_junk(entry.name) and not is_folder(entry)),
                              key=natural_key)
        except OSError as error:
            raise AnnotationError(f'{self.path} cannot be listed ({error.strerror}).') from error

    def data(self, name: str, most: str = 'VTZOO_MAX_TEXT_MB') -> bytes:
        """A file's contents, within a limit of :mod:`vtzoo.utils.limits`."""
        try:
            return read_bytes(self.path / name, most)
        except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
            why = getattr(error, 'strerror', error)
            raise AnnotationError(f'{self.path / name} cannot be read ({why}).') from error

    def frames(self, names: Sequence[str]) -> FolderFrames:
        """Some of its files as frames."""
        return FolderFrames(self.path, names)


@dataclass(frozen=True)
class ZippedFolder:
    """A folder inside an archive; '' is its top."""

    archive: Path
    inner: str

    def __str__(self) -> str:
        return f'{self.archive}:{self.inner}' if self.inner else str(self.archive)

    def inside(self, name: str) -> ZippedFolder:
        """A folder in it; AnnotationError for a name that leads elsewhere."""
        _checked(name, self)
        return ZippedFolder(self.archive, f'{self.inner}/{name}' if self.inner else name)

    def has(self, name: str) -> bool:
        """Whether a file is in it."""
        return name in self._members()[0]

    def names(self) -> list[str]:
        """The names of the files in it, in natural order."""
        return sorted(self._members()[0], key=natural_key)

    def data(self, name: str, most: str = 'VTZOO_MAX_TEXT_MB') -> bytes:
        """A file's contents, within a limit of :mod:`vtzoo.utils.limits`."""
        try:
            return read_member(self.archive, *self.frames([name]).members[0], most)
        except (OSError, ValueError, zlib.error) as error:
            raise AnnotationError(f'{self}/{name} cannot be read ({error}).') from error

    def frames(self, names: Sequence[str]) -> ZippedFrames:
        """Some of its files as frames."""
        stored, members = self._members()
        place = {name: number for number, name in enumerate(stored)}
        missing = len(stored)
        chosen = [place.get(name, missing) for name in names]
        return ZippedFrames(self.archive, self.inner, names, np.concatenate([members, [_MISSING]])[chosen])

    def _members(self) -> tuple[list[str], np.ndarray]:
        return archive_folders(self.archive).get(self.inner, ([], np.empty((0, 3), np.int64)))


@indexed
@dataclass(frozen=True)
class ZippedFrames:
    """Frames that are members of an archive.

    Args:
        archive: the ZIP file.
        inner: their folder inside it.
        names: their file names in order.
        members: (F, 3) int64 offset, stored size and checksum of each; offset -1: missing.
    """

    archive: Path
    inner: str
    names: Sequence[str]
    members: np.ndarray

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
        if self.members[index][0] < 0:
            raise MissingFrameError(f'{self.where(index)} is missing.')
        try:
            return read_member(self.archive, *self.members[index], 'VTZOO_MAX_FRAME_MB')
        except (OSError, ValueError, zlib.error) as error:
            raise FrameError(f'{self.where(index)} cannot be read ({error}).') from error

    def where(self, index: int) -> str:
        return f'{ZippedFolder(self.archive, self.inner)}/{self.names[index]}'


def read_member(archive: Path, offset: int, size: int, checksum: int, most: str) -> bytes:
    """A member's contents, unpacked within a limit whatever the archive says about its size.

    Raises:
        OSError, ValueError, zlib.error: it is missing, damaged, too large, or packed in a way we do not read.
    """
    if offset < 0:
        raise ValueError('it is not in the archive')
    bound = limit(most)
    with open(archive, 'rb') as file:
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(b'PK\3\4'):
            raise ValueError('the archive is damaged')
        _, flags, method, name, extra = _HEADER.unpack(header)
        file.seek(name + extra, os.SEEK_CUR)
        data = file.read(min(size, bound + 1))
    if flags & 1 or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError('encrypted, or compressed by another method than deflate')
    if method == zipfile.ZIP_DEFLATED:
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, bound + 1)
    if len(data) > bound:
        raise ValueError(too_large(most))
    if zlib.crc32(data) != checksum:
        raise ValueError('its checksum is wrong')
    return data


def archive_folders(archive: Path) -> dict[str, tuple[list[str], np.ndarray]]:
    """The folders of an archive: path -> file names, and their (N, 3) int64 offset, stored size and checksum.

    Raises:
        AnnotationError: it cannot be read.
    """
    try:
        return _directory(archive, archive.stat().st_mtime_ns)
    except (OSError, ValueError, EOFError, OverflowError, MemoryError, struct.error, NotImplementedError,
            zipfile.BadZipFile) as error:
        raise AnnotationError(f'{archive} is not a readable ZIP archive ({error}).') from error


@functools.lru_cache(maxsize=32)  # GOT-10k's 19 archives, whose sequences a split may name in any order
def _directory(archive: Path, modified: int) -> dict[str, tuple[list[str], np.ndarray]]:
    folders: dict[str, tuple[list[str], list[tuple[int, int, int]]]] = {'': ([], [])}
    if _directory_size(archive) > limit('VTZOO_MAX_ZIP_MB'):
        raise ValueError(f'its list of contents is too large: {too_large("VTZOO_MAX_ZIP_MB")}')
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = member.filename.replace('\\', '/').removeprefix('./')  # as some packers write them
            folder, _, name = path.rpartition('/')
            if not path.endswith('/') and not any(map(is_junk, path.split('/'))):
                names, members = folders.setdefault(folder, ([], []))
                names.append(sys.intern(name))  # the same names in every folder
                members.append((member.header_offset, member.compress_size, member.CRC))
    return {folder: (names, np.array(members, np.int64).reshape(-1, 3)) for folder, (names, members) in folders.items()}


def _directory_size(archive: Path) -> int:
    """The bytes that an archive says its list of contents has, which zipfile reads at once; 0: it does not say."""
    with open(archive, 'rb') as file:
        file.seek(max(archive.stat().st_size - _TAIL, 0))
        tail = file.read()
    end = tail.rfind(b'PK\5\6')
    if end < 0 or len(tail) < end + 16:
        return 0
    size = int(struct.unpack_from('<I', tail, end + 12)[0])
    large = tail.rfind(b'PK\6\6', 0, end)  # ZIP64 says it in a record of its own
    return size if large < 0 or len(tail) < large + 48 else max(size, struct.unpack_from('<Q', tail, large + 40)[0])


def _checked(name: str, within: object) -> str:
    if name and not is_inside(name):
        raise AnnotationError(f'{name!r} is named as a folder in {within}, and leads elsewhere.')
    return name


def find_place(base: Path, inner: str) -> Folder | ZippedFolder:
    """The folder ``base/inner``, or where it is inside an archive that stands for one of its parents.

    ``airplane/airplane-1`` is also found in ``airplane/airplane-1.zip`` and in ``airplane.zip``, whether
    the archive starts with the folder ``airplane`` or inside it.

    Raises:
        MissingSequenceError: there is neither.
        AnnotationError: ``inner`` leads out of ``base``.
    """
    if (base / _checked(inner, base)).is_dir():
        return Folder(base / inner)
    parts = inner.split('/')
    for depth in range(len(parts), 0, -1):
        archive = base.joinpath(*parts[:depth - 1], f'{parts[depth - 1]}.zip')
        if archive.is_file():
            folders = archive_folders(archive)
            for start in range(depth + 1):
                wanted = '/'.join(parts[start:])
                if any(folder == wanted or folder.startswith(f'{wanted}/') for folder in folders):
                    return ZippedFolder(archive, wanted)
    raise MissingSequenceError(f'{base / inner} is missing, as a folder and inside a .zip.')
