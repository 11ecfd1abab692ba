"""ImageNet DET (Russakovsky et al., IJCV 2015): an XML file an image, every object is a sequence of one frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from vtzoo.data.annotations import has_size, read_xml
from vtzoo.data.archives import Folder, find_place, is_folder
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import TrackingSequence
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk, natural_key


@DATASETS.register_module()
class ImageNetDET(Reader):
    """ImageNet DET.

    Boxes are xmin, ymin, xmax - xmin + 1, ymax - ymin + 1, as SparseTT's reader has them. Images are
    found from their annotations, since some have none; those without an object give no sequence.
    ``attributes['objects']`` counts the objects of the image, see :class:`~vtzoo.data.datasets.coco.COCO`.

    Args:
        split: 'train' (all), 'train_2013' (its part ILSVRC2013_train, which is what SparseTT's released
            reader finds) or 'val'.
        root: the data root.
    """

    title, name, is_video, many = 'ImageNet DET', 'imagenet_det', False, True
    paper = 'russakovsky2015imagenet'
    folders = ('ILSVRC2015', 'ILSVRC', 'ILSVRC2017_DET', 'ILSVRC2014_DET', 'imagenet_det', 'det', 'DET')
    holds = 'Annotations/DET'
    signs = (holds,)
    splits = ('train', 'train_2013', 'val')
    whole = ('train', 'val')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.annotations = self.folder / self.holds
        part = dict(train='train', train_2013='train/ILSVRC2013_train', val='val')[split]
        if not (self.annotations / part).is_dir():
            raise FileNotFoundError(f"ImageNet DET's {split!r} needs {self.annotations / part}.")
        self.leaves = sorted(_leaves(self.annotations / part), key=natural_key)

    @cached_property
    def videos(self) -> list[str]:
        return [(leaf / name).relative_to(self.annotations).as_posix()
                for leaf in self.leaves for name in Folder(leaf).names() if name.endswith('.xml')]

    def read(self, video: str) -> list[TrackingSequence]:
        folder, _, name = video.rpartition('/')
        objects = read_xml(Folder(self.annotations / folder), name)
        if not objects:
            return []
        stem = name.removesuffix('.xml')
        frames = find_place(self.folder / 'Data' / 'DET', folder).frames([f'{stem}.JPEG'])
        boxes = np.array([item['box'] for item in objects], np.float64)[:, None]
        return [TrackingSequence(f'{stem}_{i}', frames, box, has_size(box), dict(
            objects=np.array([len(objects)]), category=item.get('name'))) for i, (box, item) in
            enumerate(zip(boxes, objects, strict=True))]

    def watched(self) -> Iterator[Path]:
        yield from self.leaves


def _leaves(folder: Path, depth: int = 4) -> Iterator[Path]:
    """The folders with files, looking at a first entry instead of at 400,000; links in circles end at some depth."""
    with os.scandir(folder) as entries:
        wanted = (entry for entry in entries if not is_junk(entry.name))
        first = next(wanted, None)
        inner = [first, *wanted] if first and is_folder(first) and depth else ()
    if not inner:
        yield folder
    for entry in inner:
        if is_folder(entry):
            yield from _leaves(Path(entry.path), depth - 1)
