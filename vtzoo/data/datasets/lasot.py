"""LaSOT (Fan et al., CVPR 2019): a folder a class, a folder a sequence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import Place, has_size, read_flags, read_rows
from vtzoo.data.archives import find_place
from vtzoo.data.declared import Judges
from vtzoo.data.reader import Reader, numbered_frames
from vtzoo.data.roots import folders_in
from vtzoo.data.sequence import MissingSequenceError, TrackingSequence
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class LaSOT(Reader):
    """LaSOT, protocol II.

    Boxes x y w h, whole numbers, 1-based. Absence (``attributes['absent']``) comes from the flags of full
    occlusion and out of view alone: absent frames hold zeros or ordinary boxes, and a few present ones
    hold a box of no size. Visible: not absent, and a box of some size. A sequence is as long as its
    annotation; of monkey-17 more frames may be on disk.

    Args:
        split: 'train' (1120) or 'test' (280).
        root: the data root.
    """

    title, name, base = 'LaSOT', 'lasot', 1
    paper = 'fan2019lasot'
    benchmarks = (Judges('lasot', 'LaSOT', 'test', 'lasot'),)
    folders = ('lasot', 'LaSOT', 'LaSOTBenchmark', 'LASOT')
    splits = ('train', 'test')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.videos = tables.names(f'{self.name}_{split}')

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        known = {name for split in cls.splits for name in tables.names(f'{cls.name}_{split}')}
        for entry in folder.iterdir():
            kind = entry.name.removesuffix('.zip')
            of_class = f'{kind}-1' in known and (entry.suffix == '.zip' or next(entry.glob(f'{kind}-*'), None))
            if kind in known or of_class or kind in ('LaSOTTesting', 'LaSOTTraining'):
                return True
        return False

    @cached_property
    def _bases(self) -> list[Path]:
        """The folder, and those in it that are neither a class nor a sequence, such as LaSOTTesting."""
        known = {name for split in self.splits for name in tables.names(f'{self.name}_{split}')}
        known |= {name.rpartition('-')[0] for name in known}
        return [self.folder, *(path for path in folders_in(self.folder, 2000) if path.name not in known)]

    def _possible(self, video: str) -> list[tuple[Path, str]]:
        """CLASS/VIDEO as published, or VIDEO alone; also one folder deeper."""
        kind = video.rpartition('-')[0]
        return [(base, inner) for base in self._bases for inner in (f'{kind}/{video}', video, f'{kind}/{kind}/{video}')]

    def _place(self, video: str) -> Place:
        for base, inner in self._possible(video):
            with contextlib.suppress(MissingSequenceError):
                return find_place(base, inner)
        return find_place(*self._possible(video)[0])  # raises

    def read(self, video: str) -> list[TrackingSequence]:
        place = self._place(video)
        boxes = read_rows(place, 'groundtruth.txt')
        frames = numbered_frames(place.inside('img'), '%08d.jpg', 1, len(boxes), surplus=video == 'monkey-17')
        occluded, outside = (read_flags(place, f'{flag}.txt', len(boxes)) for flag in
                             ('full_occlusion', 'out_of_view'))
        absent = (occluded | outside).astype(bool)
        return [TrackingSequence(video, frames, boxes, ~absent & has_size(boxes), dict(absent=absent))]

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            possible = [base / inner for base, inner in self._possible(video)]
            folder = next((path for path in possible if path.is_dir()), possible[0])
            for file in ('img', 'groundtruth.txt', 'full_occlusion.txt', 'out_of_view.txt'):
                yield folder / file
            yield folder.with_name(f'{video}.zip')
        yield from sorted(self.folder.glob('*.zip'))
