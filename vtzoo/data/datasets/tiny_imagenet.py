"""Tiny ImageNet (Le and Yang, Stanford CS231n, 2015): boxed objects of 64 x 64 pixels, laid among other pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data.annotations import AnnotationError, read_text
from vtzoo.data.archives import Folder
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import FolderFrames, FrameError, TrackingSequence, indexed
from vtzoo.registry import DATASETS

SIDE = 64
"""Pixels of a picture's side."""


@indexed
@dataclass(frozen=True)
class Mosaic:
    """One frame of 3 x 3 small pictures, row by row. The fifth, in the middle, holds the target.

    A search region reaches beyond a picture of 64 pixels; around the middle one there is something to see.

    Args:
        folder: where the pictures lie.
        names: nine file names.
    """

    folder: Path
    names: list[str]

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> np.ndarray:
        return self.read(index)

    def read(self, index: int, reduce: int = 1, thorough: bool = False) -> np.ndarray:
        """(192, 192, 3), or that at 1/reduce; see :class:`~vtzoo.data.sequence.FrameSource`."""
        if index not in (0, -1):
            raise IndexError(f'a mosaic is one frame; there is no frame {index}.')
        files = FolderFrames(self.folder, self.names)
        pictures = [files.read(number, thorough=thorough) for number in range(9)]
        for picture, name in zip(pictures, self.names, strict=True):
            if picture.shape[:2] != (SIDE, SIDE):
                raise FrameError(f'{self.folder / name} is not of {SIDE} x {SIDE} pixels.')
        frame = np.vstack([np.hstack(pictures[row:row + 3]) for row in (0, 3, 6)])
        size = -(-3 * SIDE // reduce)
        return frame if reduce == 1 else cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA)

    def size(self, index: int) -> tuple[int, int]:
        return 3 * SIDE, 3 * SIDE

    def where(self, index: int) -> str:
        return f'{self.folder / self.names[4]} and eight around it'


@DATASETS.register_module()
class TinyImageNet(Reader):
    """The training pictures of Tiny ImageNet whose object does not fill them, each laid among eight others.

    ``train/nXXX/nXXX_boxes.txt`` has lines ``name x1 y1 x2 y2``, whose second corner is part of the box. The eight
    neighbours are of the same class, so they look alike; which ones is the same in every run. Visible: always.

    Args:
        split: 'train', the only split with a box for every picture that readers find.
        root: the data root.
        most: the largest share of its picture that an object fills.
    """

    title, name, is_video, many = 'Tiny ImageNet', 'tiny_imagenet', False, True
    paper = 'le2015tiny'
    folders = ('tiny-imagenet-200', 'tiny_imagenet', 'tiny-imagenet')
    signs = ('train/n*/n*_boxes.txt',)
    splits = ('train',)

    def __init__(self, split: str = 'train', root: str | Path | None = None, most: float = 0.36) -> None:
        super().__init__(split, root)
        self.most = most

    @property
    def variant(self) -> str:
        return f'most={self.most}'

    @cached_property
    def videos(self) -> list[str]:
        """The classes: one box file is read in one go."""
        return sorted(path.parent.name for path in self.folder.glob(self.signs[0]))

    def read(self, video: str) -> list[TrackingSequence]:
        home = Folder(self.folder / 'train' / video)
        table = f'{video}_boxes.txt'
        rows = [line.split() for line in read_text(home, table).splitlines() if line.strip()]
        names = [row[0] for row in rows]
        if len(names) < 9:
            raise AnnotationError(f'{home}/{table} names {len(names)} pictures; a mosaic needs 9.')
        images, sequences = home.inside('images').path, []
        for number, row in enumerate(rows):
            box = _box(row, f'{home}/{table}, line {number + 1}')
            if box[2] * box[3] <= self.most * SIDE ** 2:
                around = np.random.default_rng(number).permutation(len(names))[:9]
                others = [names[i] for i in around if i != number][:8]
                frames = Mosaic(images, [*others[:4], names[number], *others[4:]])
                inside = box + np.array([SIDE, SIDE, 0, 0])
                sequences.append(TrackingSequence(Path(names[number]).stem, frames, inside[None], np.array([True]),
                                                  dict(category=video)))
        return sequences

    def watched(self) -> Iterator[Path]:
        yield from (self.folder / 'train' / video / f'{video}_boxes.txt' for video in self.videos)


def _box(row: list[str], where: str) -> np.ndarray:
    """name x1 y1 x2 y2 -> x y w h."""
    try:
        name, *corners = row
        x1, y1, x2, y2 = (int(corner) for corner in corners)
    except ValueError as error:
        raise AnnotationError(f'{where}: expected name x1 y1 x2 y2, not {" ".join(row)!r}.') from error
    if not (0 <= x1 <= x2 < SIDE and 0 <= y1 <= y2 < SIDE):
        raise AnnotationError(f'{where}: the box of {name} is not inside {SIDE} x {SIDE} pixels.')
    return np.array([x1, y1, x2 - x1 + 1, y2 - y1 + 1], np.float64)
