"""Result files in the forms the field exchanges: written whole or not at all, read back from wherever they came.

Two layouts are written. Flat, as pytracking: NAME.txt (x,y,w,h a frame), NAME_time.txt (seconds a frame),
NAME_score.txt. In folders, as GOT-10k: NAME/NAME_001.txt a repetition, and a column a repetition in
NAME/NAME_time.txt and NAME/NAME_score.txt. Numbers are written with every digit they have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vtzoo.evaluation.result_text import as_text, read_boxes, read_rows
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import file_name, is_junk, natural_key, show, tells_case

LEVELS = 2
"""Folders below a given one in which results are looked for."""
Layout = Literal['flat', 'folders']
PREFIXES = ('', 'uav_', 'nfs_', 'otb_', 'tpl_')
"""What pytracking and its descendants put before a sequence's name in their result files."""


@dataclass(frozen=True)
class SequenceResult:
    """A tracker's answers on one sequence.

    Args:
        boxes: (F, 4) x y w h; the first is the given one.
        scores: (F,) 0..1; the first is 1.
        seconds: (F,) per frame, reading it not included; the first is that of init.
    """

    boxes: np.ndarray
    scores: np.ndarray
    seconds: np.ndarray


def boxes_file(folder: Path, name: str, layout: Layout, repetition: int = 1) -> Path:
    """Where a sequence's boxes are written, the last of its files. Its name is data: it leads nowhere else."""
    name = file_name(name)
    return folder / name / f'{name}_{repetition:03d}.txt' if layout == 'folders' else folder / f'{name}.txt'


def write_result(folder: Path, name: str, result: SequenceResult, layout: Layout = 'flat',
                 repetition: int = 1) -> None:
    """Write a sequence's files, its boxes last."""
    boxes = boxes_file(folder, name, layout, repetition)
    for kind, column in (('time', result.seconds), ('score', result.scores)):
        path, columns = boxes.with_name(f'{file_name(name)}_{kind}.txt'), column[:, None]
        if repetition > 1:
            columns = np.column_stack([read_rows(path)[:, :repetition - 1], column])
        write_atomically(path, as_text(columns))
    write_atomically(boxes, as_text(result.boxes))


def check_names(names: Iterable[str], folder: Path) -> None:
    """Check that every sequence has result files of its own in a folder.

    Raises:
        ValueError: two would share a file, in any folder or only where a disk ignores case, as this one does; names
            the two.
    """
    files = [(file_name(name) + kind, name) for name in names for kind in ('', '_time', '_score')]
    if same := _one_file(files):
        raise ValueError(f'the set has sequences named {same}: one would overwrite a file of the other; rename one.')
    if (same := _one_file((file.casefold(), name) for file, name in files)) and not tells_case(folder):
        raise ValueError(f'the set has sequences named {same}, and the disk of {folder} does not tell capitals from '
                         'small letters: name a folder on another disk with --out.')


def _one_file(files: Iterable[tuple[str, str]]) -> str | None:
    """Two names that one file belongs to, to be shown; None: every file belongs to one name."""
    owners: dict[str, str] = {}
    for file, name in files:
        if file in owners:
            return f'{show(owners[file])!r} and {show(name)!r}'
        owners[file] = name
    return None


def check_result(folder: Path, name: str, frames: int, layout: Layout = 'flat', repetition: int = 1) -> None:
    """Check that a repetition's files, as :func:`write_result` writes them, are there and whole.

    Raises:
        FileNotFoundError: the boxes are not there, so the sequence was not run to its end.
        ValueError: a file is cut, emptied, damaged or missing beside the boxes; names it.
    """
    path = boxes_file(folder, name, layout, repetition)
    if not path.is_file():
        raise FileNotFoundError(f'there is no {path}.')
    for file, columns in ((path, 4), *((path.with_name(f'{file_name(name)}_{kind}.txt'), repetition)
                                       for kind in ('time', 'score'))):
        rows = read_rows(file, frames=frames)
        if len(rows) != frames or rows.shape[1] < columns:
            raise ValueError(f'{file} has {len(rows)} lines of {rows.shape[1]} numbers, not {frames} of {columns}.')
        if not file.read_bytes().endswith(b'\n'):
            raise ValueError(f'{file} ends within a line.')


class ResultFolder:
    """The results of one tracker on one set, in any of the layouts in use.

    Beside those that are written here: NAME.txt with times/NAME_time.txt (GOT-10k's toolkit on other sets), and
    names as pytracking (uav_NAME) and as other toolkits write them (Jogging_1, Jogging-1, Jogging.1). Other files
    beside them (NAME_all_scores.txt, NAME_confidence.value) are left alone.

    Args:
        folder: it, or one or two levels above it.
        names: of the set's sequences, by which the level is found.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: several folders in it hold results of these sequences.
    """

    def __init__(self, folder: str | Path, names: Iterable[str] = ()) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            archive = ' (it is a file: unpack archives first)' if self.folder.is_file() else ''
            raise FileNotFoundError(f'there is no folder of results {folder}{archive}.')
        self.folder = _find(self.folder, {file_name(one) for name in names for one in _spellings(name)})

    def boxes(self, name: str, frames: int | None = None) -> list[np.ndarray]:
        """(n, 4) for each repetition; empty: there are no results. See :func:`read_boxes`."""
        return [read_boxes(path, frames) for path in self.files(name)]

    def files(self, name: str) -> list[Path]:
        """The files with a sequence's boxes, one a repetition."""
        for stem in map(file_name, _spellings(name)):
            home = self.folder / stem
            found = [path for path in (home.iterdir() if home.is_dir() else ())
                     if re.fullmatch(re.escape(stem) + r'_\d+\.txt', path.name) and path.is_file()]
            if found:
                return sorted(found, key=natural_key)
            if (path := self.folder / f'{stem}.txt').is_file():
                return [path]
        return []

    def seconds(self, name: str, frames: int | None = None) -> np.ndarray | None:
        """(n, repetitions); None: not kept. See :func:`read_rows`."""
        for stem in map(file_name, _spellings(name)):
            for path in (f'{stem}/{stem}_time.txt', f'{stem}_time.txt', f'times/{stem}_time.txt'):
                if (self.folder / path).is_file():
                    return read_rows(self.folder / path, frames=frames)
        return None


def _spellings(name: str) -> Iterator[str]:
    """A sequence's name as result files have it, the plain one first."""
    yield from (prefix + name for prefix in PREFIXES)
    if numbered := re.fullmatch(r'(.*)[_.-](\d)', name):
        yield from (f'{numbered[1]}{mark}{numbered[2]}' for mark in '_-.' if mark != name[-2])


def _find(folder: Path, stems: set[str]) -> Path:
    """The folder with files or folders of these names: this one, else the only one up to LEVELS below."""
    places = [folder]
    for _ in range(1 + LEVELS):
        holding = [place for place in places if any(
            (path.name if path.is_dir() else path.stem) in stems for path in _visible(place))]
        if len(holding) > 1:
            several = ', '.join(show(path.relative_to(folder)) for path in holding[:4])
            raise ValueError(f'{folder} holds results of these sequences in several folders ({several}): name one.')
        if holding:
            return holding[0]
        places = [path for place in places for path in _visible(place) if path.is_dir()]
    return folder


def _visible(folder: Path) -> list[Path]:
    """What lies in a folder, less what file managers put there; nothing, if it cannot be listed."""
    try:
        return sorted((path for path in folder.iterdir() if not is_junk(path.name)), key=natural_key)
    except OSError:
        return []
