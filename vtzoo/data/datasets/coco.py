"""COCO 2017 (Lin et al., ECCV 2014): every annotated object is a sequence of one frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from vtzoo.data.annotations import has_size, read_json
from vtzoo.data.archives import Folder, find_place
from vtzoo.data.coco_json import CocoTargets
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import TrackingSequence
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class COCO(Reader):
    """COCO's boxes. Images in images/train2017/ or train2017/, or in train2017.zip.

    Boxes x y w h with decimals. Crowds are left out. Visible: a box of some size.
    ``attributes['objects']`` counts the objects of the image: sequences drawn with weight 1 / objects
    are SparseTT's draw of an image, then of an object in it; equal weights are MixFormer's.

    Args:
        split: 'train' or 'val'.
        root: the data root.
    """

    title, name, is_video, many = 'COCO 2017', 'coco', False, True
    paper = 'lin2014coco'
    folders = ('coco', 'COCO', 'coco2017', 'COCO2017', 'mscoco')
    signs = ('annotations/instances_*2017.json',)
    splits = ('train', 'val')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.json = self.folder / 'annotations' / f'instances_{split}2017.json'
        if not self.json.is_file():
            raise FileNotFoundError(f"COCO's {split!r} needs {self.json}.")
        shelf = self.folder / 'images' if (self.folder / 'images').is_dir() else self.folder
        self.images = find_place(shelf, f'{split}2017')

    @cached_property
    def _targets_of(self) -> CocoTargets:  # read when first asked for: it takes seconds
        return CocoTargets(read_json(Folder(self.json.parent), self.json.name), str(self.json))

    @cached_property
    def videos(self) -> list[str]:
        return list(self._targets_of)

    def read(self, video: str) -> list[TrackingSequence]:
        targets = self._targets_of[video]
        return [TrackingSequence(target.name, self.images.frames(target.files), target.boxes, has_size(target.boxes),
                                 dict(objects=np.array([len(targets)]), category=target.category))
                for target in targets]

    def watched(self) -> Iterator[Path]:
        yield from (self.json, self.images.path if isinstance(self.images, Folder) else self.images.archive)
