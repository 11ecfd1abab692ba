"""Results as they come: CSV, JSON lines, MOT and plain text, a frame at a time, never over somebody's file."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from vtzoo.inference.formats import RESULT_FORMATS
from vtzoo.utils.errors import RunError
from vtzoo.utils.names import file_name, show
from vtzoo.utils.require import require

SUFFIXES = {'.csv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'jsonl', '.txt': 'txt'}


class Row(NamedTuple):
    """One target in one frame: the frame's number and seconds, its name, box x y w h, score, and whether it is lost."""

    frame: int
    time: float
    name: str
    box: tuple[float, float, float, float]
    score: float
    lost: bool


class Outputs:
    """The files that a command writes, checked before the first one is opened.

    Args:
        inputs: what it reads; never written over.
        overwrite: other files that exist may be replaced.
    """

    def __init__(self, inputs: Iterable[str | Path] = (), overwrite: bool = False) -> None:
        self.overwrite = overwrite
        self._inputs = {_identity(path): path for path in inputs if os.path.exists(path)}
        self._claimed: dict[str, Path] = {}

    def claim(self, path: str | Path) -> Path:
        """A file that may be written: it does not exist, or is a pipe or device, or ``overwrite`` says so.

        Raises:
            ValueError: it is an input, under whatever name; a folder; exists already; or is claimed twice.
        """
        path = Path(path)
        if path.is_dir():
            raise ValueError(f'{path} is a folder: name a file in it.')
        if os.path.exists(path) and _identity(path) in self._inputs:
            raise ValueError(f'{path} is an input ({self._inputs[_identity(path)]}): name another file to write.')
        real = os.path.realpath(path)
        require(real not in self._claimed, f'{path} would be written twice: name two files.')
        flows = os.path.exists(path) and (stat.S_ISFIFO(mode := os.stat(path).st_mode) or stat.S_ISCHR(mode))
        if os.path.lexists(path) and not flows and not self.overwrite:
            raise ValueError(f'{path} exists already: name another file, or add --overwrite to replace it.')
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        require(parent.is_dir(), f'{path} cannot be written: {parent} is not a folder.')
        require(os.access(parent, os.W_OK), f'{path} cannot be written: nothing may be written into {parent}.')
        self._claimed[real] = path
        return path

    def open(self, path: Path) -> IO[bytes]:
        """A claimed file, written from its beginning without a buffer; not one that came into being since."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.overwrite and not os.path.lexists(path)
        try:
            return open(path, 'xb' if fresh else 'wb', buffering=0)
        except FileExistsError as error:
            raise RunError(f'{path} has come into being meanwhile: name another file.') from error


def _identity(path: str | Path) -> tuple[int, int]:
    """Of a file, whatever its name."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


class Results:
    """Writes rows into a file, or a file for each target, and hands every frame to the system at once.

    A format for one target a file (txt, got10k) has a line for each frame from the start, so that lines and
    frames agree; a frame without a result is nan. What its columns cannot say, whether the target is lost,
    stands in NAME_lost.txt beside it, 0 or 1 a line.

    Args:
        outputs: says which files may be written.
        path: the file; of several targets, PATH_NAME for each where the format needs it.
        kind: one of RESULT_FORMATS.
        names: of the targets.
    """

    def __init__(self, outputs: Outputs, path: Path, kind: str, names: Sequence[str]) -> None:
        require(kind in RESULT_FORMATS, f'--format is one of {", ".join(RESULT_FORMATS)}, not {kind!r}.')
        self.outputs, self.path, self.kind, self.frames = outputs, path, kind, 0
        self.ids: dict[str, int] = {}
        self.paths: list[Path] = []
        self._files: dict[str, IO[bytes]] = {}
        self._single = len(names) == 1
        self._places = {name: self._claim(name) for name in names} if kind in ('txt', 'got10k') else {}
        if not self._places:
            self.paths = [outputs.claim(path)]

    def _claim(self, name: str) -> tuple[Path, Path]:
        stem = self.path.stem if self._single else f'{self.path.stem}_{file_name(name)}'
        places = tuple(self.path.with_name(name) for name in (stem + self.path.suffix, f'{stem}_lost.txt'))
        self.paths += map(self.outputs.claim, places)
        return places

    def write(self, rows: Sequence[Row]) -> None:
        """Add a frame: a row for each target; none where the frame could not be read."""
        for row in rows:
            self.ids.setdefault(row.name, len(self.ids) + 1)
        if self.kind in ('txt', 'got10k'):
            self._write_lines({row.name: row for row in rows})
        else:
            self._write(self.path, ''.join(map(self._text, rows)),
                        'frame,time,name,x,y,w,h,score,lost\r\n' if self.kind == 'csv' else '')
        self.frames += 1

    def _write_lines(self, rows: dict[str, Row]) -> None:
        columns = 5 if self.kind == 'txt' else 4
        for name in rows.keys() - self._places.keys():  # a target that came later
            self._single = False
            self._places[name] = self._claim(name)
            self._write(self._places[name][0], (','.join(['nan'] * columns) + '\n') * self.frames, self._head())
            self._write(self._places[name][1], '1\n' * self.frames)
        for name, (boxes, lost) in self._places.items():
            row = rows.get(name)
            values = [float('nan')] * columns if row is None else [*row.box, row.score][:columns]
            self._write(boxes, ','.join(map(repr, map(float, values))) + '\n', self._head())
            self._write(lost, f'{int(row is None or row.lost)}\n')

    def _head(self) -> str:
        return '# x,y,w,h,score\n' if self.kind == 'txt' else ''

    def _text(self, row: Row) -> str:
        x, y, w, h = box = list(map(float, row.box))
        if self.kind == 'jsonl':
            return json.dumps(dict(frame=row.frame, time=row.time, name=row.name, box=box, score=row.score,
                                   lost=row.lost), ensure_ascii=False) + '\n'
        if self.kind == 'mot':  # counts from 1; class 1; visible or not
            cells = [row.frame + 1, self.ids[row.name], x + 1, y + 1, w, h, row.score, 1, int(not row.lost), -1]
        else:
            cells = [row.frame, row.time, show(row.name, 'csv'), *box, row.score, int(row.lost)]
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        return line.getvalue()

    def _write(self, path: Path, text: str, head: str = '') -> None:
        file = self._files.get(str(path))
        if file is None:
            file = self._files[str(path)] = self.outputs.open(path)
            text = head + text
        data, start = text.encode(), file.tell() if file.seekable() else None
        try:
            while data:
                data = data[file.write(data):]
        except OSError as error:  # a full disk; the system does not say which file
            if start is not None:
                with suppress(OSError):
                    file.truncate(start)  # no half line
            raise OSError(error.errno, error.strerror, str(path)) from error

    def close(self) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()


def format_of(path: Path, kind: str | None) -> str:
    """The format of a result file by its name; ValueError where it does not say and ``kind`` is None."""
    if kind:
        return kind
    found = SUFFIXES.get(path.suffix.lower())
    require(found is not None, f'{path} does not say how results are to be written: use a name that ends in '
                               f'{", ".join(SUFFIXES)}, or add --format.')
    return found
