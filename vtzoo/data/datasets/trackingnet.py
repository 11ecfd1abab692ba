"""TrackingNet (Müller et al., ECCV 2018): chunks TRAIN_0 ... TRAIN_11 and TEST, an archive a sequence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from vtzoo.data.annotations import Place, filled, has_size, read_rows
from vtzoo.data.archives import Folder, find_place
from vtzoo.data.declared import Judges, withheld
from vtzoo.data.reader import Broken, Reader, numbered_frames
from vtzoo.data.roots import find_set
from vtzoo.data.sequence import AnnotationError, MissingSequenceError, TrackingSequence
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk, natural_key


@DATASETS.register_module()
class TrackingNet(Reader):
    """TrackingNet. Frames in frames/VIDEO/ where they were unpacked, else in zips/VIDEO.zip.

    Boxes x y w h with decimals; in training, drawn by hand once a second and tracked between. No
    absence labels: visible is a box of some size. The test split publishes its first boxes only; where even
    TEST/anno is missing, its boxes are NaN, and a tracker is started on boxes from elsewhere.

    Args:
        split: 'train' (30,132 in 12 chunks) or 'test' (511).
        root: the data root.
        chunks: which chunks of 'train'. MixFormer and SparseTT train on all, pytracking mostly on 0 to 3.
    """

    title, name, protocol = 'TrackingNet', 'trackingnet', 'trackingnet'
    paper = 'muller2018trackingnet'
    benchmarks = (Judges('trackingnet', 'TrackingNet', 'test', 'trackingnet', remark=withheld('trackingnet')),)
    folders = ('trackingnet', 'TrackingNet', 'TRACKINGNET', 'tracking_net')
    signs = ('TRAIN_*', 'TEST')
    splits = ('train', 'test')

    def __init__(self, split: str = 'train', root: str | Path | None = None,
                 chunks: Iterable[int] = range(12)) -> None:
        super().__init__(split, root)
        self.chunks = ['TEST'] if split == 'test' else [f'TRAIN_{chunk}' for chunk in chunks]
        missing = [chunk for chunk in self.chunks if not (self._there(chunk) if split == 'test' else
                                                          (self.folder / chunk / 'anno').is_dir())]
        if missing:
            named = ' or name the chunks you have, chunks=(0, 1, 2, 3)' if split == 'train' else ''
            raise FileNotFoundError(f'{self.folder} lacks {missing[0]}/anno: unpack it{named}.')
        self.videos = [f'{chunk}/{name}' for chunk in self.chunks for name in self._names(chunk)]

    def _there(self, chunk: str) -> list[Path]:
        return [path for part in ('anno', 'frames', 'zips') if (path := self.folder / chunk / part).is_dir()]

    def _names(self, chunk: str) -> list[str]:
        """The videos of a chunk: those annotated, else those with frames."""
        first = self._there(chunk)[0]
        if first.name == 'frames':
            return sorted((path.name for path in first.iterdir() if path.is_dir() and not is_junk(path.name)),
                          key=natural_key)
        suffix = '.txt' if first.name == 'anno' else '.zip'
        return [name.removesuffix(suffix) for name in Folder(first).names() if name.endswith(suffix)]

    @classmethod
    def found(cls, root: str | Path | None) -> list[Reader]:
        readers = []
        for split, chunks in (('train', range(12)), ('test', ())):
            with contextlib.suppress(FileNotFoundError):
                folder = find_set(root, cls.folders, cls.title, recognised=cls.recognises)
                present = [chunk for chunk in chunks if (folder / f'TRAIN_{chunk}' / 'anno').is_dir()]
                if present or split == 'test':
                    try:
                        readers.append(cls(split, root, present))
                    except AnnotationError as error:
                        readers.append(Broken(cls, split, root, error))
        return readers

    @property
    def variant(self) -> str:
        return ' '.join(self.chunks)

    def _frames(self, chunk: str, name: str) -> Place:
        folder = self.folder / chunk / 'frames' / name
        if folder.is_dir():
            return Folder(folder)
        if not (self.folder / chunk / 'zips' / f'{name}.zip').is_file():
            raise MissingSequenceError(f'the frames of {name} are neither in {folder} nor in {chunk}/zips/{name}.zip.')
        return find_place(self.folder / chunk / 'zips', name)

    def read(self, video: str) -> list[TrackingSequence]:
        chunk, name = video.split('/')
        anno = Folder(self.folder / chunk / 'anno')
        boxes = read_rows(anno, f'{name}.txt') if anno.path.is_dir() else np.empty((0, 4))
        published = len(boxes) if self.split == 'train' else None
        frames = numbered_frames(self._frames(chunk, name), '%d.jpg', 0, published)
        boxes = boxes if published else filled(boxes[:1], len(frames))
        lacks = {} if anno.path.is_dir() else dict(lacks='annotation')
        return [TrackingSequence(name, frames, boxes, has_size(boxes), lacks)]

    def watched(self) -> Iterator[str]:  # plain strings: there are 90,000, looked at whenever the set is opened
        for chunk in self.chunks:
            names = [video.partition('/')[2] for video in self.videos if video.startswith(f'{chunk}/')]
            for part, suffix in (('anno', '.txt'), ('frames', ''), ('zips', '.zip')):
                folder = self.folder / chunk / part
                yield from (f'{folder}/{name}{suffix}' for name in names) if folder.is_dir() else ()
