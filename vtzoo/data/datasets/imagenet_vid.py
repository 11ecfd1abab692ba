"""ImageNet VID (Russakovsky et al., IJCV 2015): an XML file a frame, every track is a sequence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtzoo.data.annotations import LARGEST, has_size, read_xml
from vtzoo.data.archives import Folder, find_place
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import AnnotationError, Numbered, TrackingSequence
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk, natural_key


@DATASETS.register_module()
class ImageNetVID(Reader):
    """ImageNet VID.

    Boxes are xmin, ymin, xmax - xmin + 1, ymax - ymin + 1, as SparseTT's reader and the GOT-10k toolkit
    have them (MixFormer's adds no 1). A sequence runs from a track's first frame to its last; NaN in the
    gaps between. Tracks of a single frame are left out. Visible: present, a box of some size, and not
    flagged occluded (MixFormer's reader; SparseTT draws whatever is present).

    Args:
        split: 'train', 'val' or 'trainval' (SparseTT's).
        root: the data root.
    """

    title, name, many = 'ImageNet VID', 'imagenet_vid', True
    paper = 'russakovsky2015imagenet'
    folders = ('ILSVRC2015', 'ILSVRC', 'ILSVRC2015_VID', 'imagenet_vid', 'vid', 'VID')
    holds = 'Annotations/VID'
    signs = (holds,)
    splits = ('train', 'val', 'trainval')
    whole = ('train', 'val')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.annotations = self.folder / self.holds
        parts = ('train', 'val') if split == 'trainval' else (split,)
        for part in parts:
            if not (self.annotations / part).is_dir():
                raise FileNotFoundError(f"ImageNet VID's {split!r} needs {self.annotations / part}.")
        # train/GROUP/VIDEO, val/VIDEO
        found = [path for part in parts for path in (self.annotations / part).glob('*/*' if part == 'train' else '*')]
        self.videos = sorted((path.relative_to(self.annotations).as_posix() for path in found
                              if not any(map(is_junk, path.parts[-2:])) and path.is_dir()), key=natural_key)

    def read(self, video: str) -> list[TrackingSequence]:
        place = Folder(self.annotations / video)
        tracks: dict[str, dict[int, tuple]] = {}
        for name in place.names():
            stem = name.removesuffix('.xml')
            if stem == name or not stem.isdecimal():
                continue
            if int(stem) > LARGEST:
                raise AnnotationError(f'{place}/{name} has a number that no frame has.')
            for item in read_xml(place, name):
                if not item.get('trackid'):
                    raise AnnotationError(f'{place}/{name} has an object without a trackid.')
                occluded = item.get('occluded') == '1'
                tracks.setdefault(item['trackid'], {})[int(stem)] = (*item['box'], occluded)
        frames = find_place(self.folder / 'Data' / 'VID', video)
        return [self._sequence(f'{Path(video).name}_{track}', frames, found)
                for track, found in sorted(tracks.items()) if len(found) > 1]

    def _sequence(self, name: str, frames: Folder, found: dict[int, tuple]) -> TrackingSequence:
        first, last = min(found), max(found)
        rows = np.full((last - first + 1, 5), np.nan)
        rows[np.array(list(found)) - first] = list(found.values())
        boxes, occluded = rows[:, :4], rows[:, 4] == 1
        return TrackingSequence(name, frames.frames(Numbered('%06d.JPEG', first, len(rows))), boxes,
                        has_size(boxes) & ~occluded, dict(occluded=occluded))

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            yield from (self.annotations / video, self.folder / 'Data' / 'VID' / video)
