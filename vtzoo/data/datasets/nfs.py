"""Need for Speed (Galoogahi et al., ICCV 2017): 100 videos at 240 frames a second, and the same at 30."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtzoo.data import tables
from vtzoo.data.annotations import Place, has_size, parse_rows, read_rows, read_text
from vtzoo.data.archives import Folder, find_place
from vtzoo.data.declared import Judges
from vtzoo.data.reader import Reader, numbered_frames
from vtzoo.data.sequence import AnnotationError, Numbered, TrackingSequence
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class NFS(Reader):
    """NFS, as published (NAME/30/NAME/00001.jpg, NAME/30/NAME.txt) or in pytracking's form (sequences/, anno/).

    Published rows are corners; here x y w h with w = xmax - xmin. The text at 30 frames a second counts
    at 240: every eighth number is a frame. One box or frame more than the other is usual and cut off.
    Visible: neither lost nor occluded, and a box of some size; pytracking's form has no such flags.

    Args:
        split: 'nfs30' or 'nfs240'.
        root: the data root.
    """

    title = 'NFS'
    paper, held_out = 'kiani2017nfs', ('nfs30', 'nfs240')
    benchmarks = (Judges('nfs', 'NfS'),)
    folders = ('nfs', 'NFS', 'nfs30', 'NFS30', 'Nfs')
    signs = ('anno/nfs_*.txt', '*/30/*.txt')
    splits = ('nfs30', 'nfs240')

    def __init__(self, split: str = 'nfs30', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.name, self.rate = split, split.removeprefix('nfs')
        self.videos = [row['name'] for row in tables.rows('nfs')]
        self.repacked = (self.folder / 'anno').is_dir()
        if self.repacked and split == 'nfs240':
            raise FileNotFoundError(f"{self.folder} holds 30 frames a second only: use split='nfs30'.")

    def read(self, video: str) -> list[TrackingSequence]:
        if self.repacked:
            boxes = read_rows(Folder(self.folder / 'anno'), f'nfs_{video}.txt')
            place = find_place(self.folder, f'sequences/{video}')
            return [TrackingSequence(video, numbered_frames(place, '%05d.jpg', 1, len(boxes)), boxes, has_size(boxes))]
        place = find_place(self.folder, f'{video}/{self.rate}')
        found = len(numbered_frames(place.inside(video), '%05d.jpg', 1))
        rows = self._rows(place, f'{video}.txt', found)
        if abs(len(rows) - found) > 1:
            raise AnnotationError(f'{place}/{video}.txt has {len(rows)} boxes for {found} frames.')
        rows = rows[:found]
        boxes = np.concatenate([rows[:, 1:3], rows[:, 3:5] - rows[:, 1:3]], 1)
        lost, occluded = (rows[:, 6:8] == 1).T
        frames = place.inside(video).frames(Numbered('%05d.jpg', 1, len(boxes)))
        return [TrackingSequence(video, frames, boxes, ~lost & ~occluded & has_size(boxes), dict(lost=lost))]

    def _rows(self, place: Place, file: str, found: int) -> np.ndarray:
        """(F, 9) track, corners, frame, lost, occluded, generated, by frame; NaN where there is no row."""
        lines = (' '.join(line.split()[:9]) for line in read_text(place, file).splitlines())
        rows = parse_rows('\n'.join(lines), f'{place}/{file}', 9)
        number = rows[:, 5] - rows[0, 5]
        if not ((number >= 0) & (number == number.round())).all():
            raise AnnotationError(f'{place}/{file} has frame numbers out of order.')
        step = 8 if number.max() + 1 > 4 * found else 1
        kept = number % step == 0
        placed = np.full((int(number.max()) // step + 1, 9), np.nan)
        placed[(number[kept] // step).astype(int)] = rows[kept]
        return placed

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            files = (f'anno/nfs_{video}.txt', f'sequences/{video}', f'{video}/{self.rate}/{video}.txt',
                     f'{video}/{self.rate}/{video}')
            yield from (self.folder / file for file in files)
