"""TNL2K (Wang et al., CVPR 2021): a folder a sequence, frames named in many ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import has_size, read_rows
from vtzoo.data.archives import find_place
from vtzoo.data.declared import Judges
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import AnnotationError, TrackingSequence
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class TNL2K(Reader):
    """TNL2K. Frames are the .jpg and .png files of imgs/, in natural order.

    Boxes x y w h; no absence labels: visible is a box of some size. Twelve published training
    annotations are longer than their videos and are refused; the authors' evaluation toolkit has them
    revised.

    Args:
        split: 'train' (1300) or 'test' (700); monitor_manypeople is in both.
        root: the data root.
    """

    title, name = 'TNL2K', 'tnl2k'
    paper = 'wang2021tnl2k'
    benchmarks = (Judges('tnl2k', 'TNL2K', 'test'),)
    signs = ('*/language.txt',)
    splits = ('train', 'test')

    def __init__(self, split: str = 'test', root: str | Path | None = None) -> None:
        inner = (f'TNL2K_{split}_subset', split, f'TNL2K_{split}')
        self.folders = tuple(f'{outer}{name}' for outer in ('tnl2k/', 'TNL2K/', '') for name in inner
                             if outer or name != split)
        super().__init__(split, root)
        self.videos = tables.names(f'tnl2k_{split}')

    def read(self, video: str) -> list[TrackingSequence]:
        place = find_place(self.folder, video)
        boxes = read_rows(place, 'groundtruth.txt')
        names = [name for name in place.inside('imgs').names() if name.lower().endswith(('.jpg', '.png'))]
        if len(names) != len(boxes):
            raise AnnotationError(f'{place}/groundtruth.txt has {len(boxes)} boxes for {len(names)} frames: the '
                                  "authors' evaluation toolkit has revised annotations.")
        return [TrackingSequence(video, place.inside('imgs').frames(names), boxes, has_size(boxes))]

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            yield from (self.folder / video / 'groundtruth.txt', self.folder / video / 'imgs')
