"""Result files in the forms the field exchanges: written whole or not at all, read back from wherever they came.

Two layouts are written. Flat, as pytracking: NAME.txt (x,y,w,h a frame), NAME_time.txt (seconds a frame),
NAME_score.txt. In folders, as GOT-10k: NAME/NAME_001.txt a repetition, and a column a repetition in
NAME/NAME_time.txt and NAME/NAME_score.txt. Numbers are written with every digit they have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vtzoo.utils.atomic import write_atomically

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


def as_text(rows: np.ndarray) -> str:
    """(n, columns) -> lines of numbers with commas between, each in the shortest form that reads back the same."""
    return ''.join(','.join(map(repr, row)) + '\n' for row in np.asarray(rows, np.float64).tolist())


def boxes_file(folder: Path, name: str, layout: Layout, repetition: int = 1) -> Path:
    """Where a sequence's boxes are written; once the file exists, the sequence is done."""
    return folder / name / f'{name}_{repetition:03d}.txt' if layout == 'folders' else folder / f'{name}.txt'


def write_result(folder: Path, name: str, result: SequenceResult, layout: Layout = 'flat',
                 repetition: int = 1) -> None:
    """Write a sequence's files, its boxes last."""
    home = folder / name if layout == 'folders' else folder
    for kind, column in (('time', result.seconds), ('score', result.scores)):
        path, columns = home / f'{name}_{kind}.txt', column[:, None]
        if repetition > 1:
            columns = np.column_stack([read_rows(path)[:, :repetition - 1], column])
        write_atomically(path, as_text(columns))
    write_atomically(boxes_file(folder, name, layout, repetition), as_text(result.boxes))


def read_rows(path: str | Path, columns: int | None = None) -> np.ndarray:
    """Numbers with commas, tabs or spaces between -> (n, columns) float64.

    Raises:
        ValueError: the file is empty, ragged, holds no numbers or other than ``columns``; says which line.
    """
    path = Path(path)
    try:
        with open(path) as file:
            text = file.read(4096)
            file.seek(0)
            if not text.strip():
                raise ValueError('it is empty')
            rows = np.loadtxt(file, delimiter=',' if ',' in text else None, ndmin=2)
    except ValueError as error:
        reason = str(error).split(';')[0].rstrip('.')
        raise ValueError(f'{path} cannot be read as rows of numbers: {reason}.') from error
    if columns is not None and rows.shape[1] != columns:
        raise ValueError(f'{path} has {rows.shape[1]} numbers a row, not {columns}.')
    return rows


class ResultFolder:
    """The results of one tracker on one set, in any of the layouts in use.

    Beside those that are written here: NAME.txt with times/NAME_time.txt (GOT-10k's toolkit on other sets), and
    names as pytracking (uav_NAME) and as other toolkits write them (Jogging_1, Jogging-1, Jogging.1).

    Raises:
        FileNotFoundError: there is no such folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f'there is no folder of results {folder}.')

    def boxes(self, name: str) -> list[np.ndarray]:
        """(n, 4) for each repetition; empty: there are no results."""
        return [read_rows(path, 4) for path in self.files(name)]

    def files(self, name: str) -> list[Path]:
        """The files with a sequence's boxes, one a repetition."""
        for stem in _spellings(name):
            found = sorted(path for path in (self.folder / stem).glob(f'{_literal(Path(stem).name)}_[0-9]*.txt')
                           if re.fullmatch(r'_\d+', path.stem.removeprefix(Path(stem).name)))
            if found:
                return found
            if (self.folder / f'{stem}.txt').is_file():
                return [self.folder / f'{stem}.txt']
        return []

    def seconds(self, name: str) -> np.ndarray | None:
        """(n, repetitions); None: not kept."""
        for stem in _spellings(name):
            for path in (f'{stem}/{Path(stem).name}_time.txt', f'{stem}_time.txt', f'times/{stem}_time.txt'):
                if (self.folder / path).is_file():
                    return read_rows(self.folder / path)
        return None


def _spellings(name: str) -> Iterable[str]:
    """A sequence's name as result files have it, the plain one first."""
    yield from (prefix + name for prefix in PREFIXES)
    if numbered := re.fullmatch(r'(.*)[_.-](\d)', name):
        yield from (f'{numbered[1]}{mark}{numbered[2]}' for mark in '_-.' if mark != name[-2])


def _literal(name: str) -> str:
    """A name for use in a glob."""
    return re.sub(r'([*?[])', r'[\1]', name)
