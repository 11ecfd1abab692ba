"""LaSOT (Fan et al., CVPR 2019): a folder a class, a folder a sequence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import has_size, read_flags, read_rows
from vtzoo.data.archives import find_place
from vtzoo.data.reader import Reader, numbered_frames
from vtzoo.data.sequence import TrackingSequence
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
    folders = ('lasot', 'LaSOT', 'LaSOTBenchmark', 'LASOT')
    splits = ('train', 'test')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.videos = tables.names(f'{self.name}_{split}')

    def _inner(self, video: str) -> str:
        return f'{video.rpartition("-")[0]}/{video}'

    def read(self, video: str) -> list[TrackingSequence]:
        place = find_place(self.folder, self._inner(video))
        boxes = read_rows(place, 'groundtruth.txt')
        frames = numbered_frames(place.inside('img'), '%08d.jpg', 1, len(boxes), surplus=video == 'monkey-17')
        occluded, outside = (read_flags(place, f'{flag}.txt', len(boxes)) for flag in
                             ('full_occlusion', 'out_of_view'))
        absent = (occluded | outside).astype(bool)
        return [TrackingSequence(video, frames, boxes, ~absent & has_size(boxes), dict(absent=absent))]

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            folder = self.folder / self._inner(video)
            for file in ('img', 'groundtruth.txt', 'full_occlusion.txt', 'out_of_view.txt'):
                yield folder / file
            yield folder.with_name(f'{video}.zip')
        yield from sorted(self.folder.glob('*.zip'))
