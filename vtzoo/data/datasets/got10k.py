"""GOT-10k (Huang et al., TPAMI 2021): train/, val/ and test/ with a list.txt each, or the archives as shipped."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import Place, filled, has_size, read_flags, read_rows, read_text
from vtzoo.data.archives import Folder, ZippedFolder, archive_folders, find_place
from vtzoo.data.declared import Judges, withheld
from vtzoo.data.reader import Reader, listed, numbered_frames
from vtzoo.data.sequence import AnnotationError, TrackingSequence
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk, natural_key

_SEQUENCE = re.compile(r'GOT-10k_(Train|Val|Test)_\d+')


@DATASETS.register_module()
class GOT10k(Reader):
    """GOT-10k.

    Boxes x y w h with decimals. Visible: not absent, cover above 0 and a box of some size, as MixFormer
    trains; where absence.label or cover.label is missing, the rest decides and ``attributes['lacks']`` says so.
    The test split publishes its first boxes only. Sequences are found in train/ (val/, test/) or full_data/, in
    split folders (GOT-10k_Train_split_01/ ...) and in the archives as shipped; without list.txt, by their names.

    Args:
        split: 'train', also called 'train_full' by MixFormer: all 9335; 'vottrain' and 'votval': the
            released 7086 and 1249, by line of list.txt, which still hold 890 sequences that VOT forbids
            (every released file is off by one line); 'train_without_vot': 'train' without the 1000 names
            VOT forbids; 'train_fixed': 'train' without the 44 that SparseTT's code calls unfixed; 'val'; 'test'.
        root: the data root.
    """

    title, name, protocol = 'GOT-10k', 'got10k', 'got10k'
    paper, held_out = 'huang2021got10k', ('val', 'test')
    benchmarks = (Judges('got10k_val', 'GOT-10k val', 'val', 'got10k', 'got10k', 'folders'),
                  Judges('got10k_test', 'GOT-10k test', 'test', 'got10k', 'got10k', 'folders', withheld('got10k')))
    signs = ('train/list.txt', 'val/list.txt', 'test/list.txt', 'full_data/*_data*', '*/GOT-10k_*', 'train_data*',
             'val_data*', 'test_data*')
    folders = ('got10k', 'GOT-10k', 'GOT10k', 'GOT-10K', 'GOT10K', 'got-10k')
    splits = ('train', 'train_full', 'vottrain', 'votval', 'train_without_vot', 'train_fixed', 'val', 'test')
    whole = ('train', 'val', 'test')
    _torn: AnnotationError | None = None  # of an archive that cannot be read
    left_out = dict(train_without_vot='got10k_vot_exclude', train_fixed='got10k_unfixed')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.home = self._home(split if split in ('val', 'test') else 'train')
        has_list = self.home.has('list.txt')
        names = listed(self.home) if has_list else sorted(self._present(), key=natural_key)
        if not has_list and not names:
            raise FileNotFoundError(f"GOT-10k's {split!r}: {self.home} holds neither list.txt nor sequences.")
        if split in ('vottrain', 'votval'):
            names = self._by_line(names)
        left_out = set(tables.names(self.left_out[split])) if split in self.left_out else ()
        self.videos = [name for name in names if name not in left_out]

    def _by_line(self, listed: list[str]) -> list[str]:
        """The released splits name lines of the full list. A part of it is split by the names of these lines;
        sequences of other names belong to no released split, and vottrain takes them all."""
        lines = [int(line) for line in tables.names(f'got10k_{self.split}')]
        if len(listed) == 9335:
            return [listed[line] for line in lines]
        named = {f'GOT-10k_Train_{line + 1:06}' for line in lines}
        foreign = [name for name in listed if not name.startswith('GOT-10k_Train_')]
        if foreign:
            warnings.warn(f'{self.home}/list.txt holds {len(foreign)} sequences of other names than GOT-10k, such as '
                          f'{foreign[0]}: vottrain takes them all, votval none.', stacklevel=3)
        return [name for name in listed if name in named or (name in foreign and self.split == 'vottrain')]

    def _home(self, part: str) -> Place:
        shipped = self.folder / 'full_data'
        tried = [home / name for home in (self.folder, shipped) for name in (part, f'{part}_data')]
        for folder in tried:
            if folder.is_dir():
                inner = folder / part  # unpacked into a folder of its own
                return Folder(inner if inner.is_dir() and not (folder / 'list.txt').is_file() else folder)
        for folder in tried:
            archive = folder.with_name(f'{folder.name}.zip')
            if archive.is_file():
                return ZippedFolder(archive, part)
        raise FileNotFoundError(f"GOT-10k's {self.split!r} needs {self.folder / part}, "
                                f'{shipped / part}_data or {shipped / part}_data.zip, and there is none.')

    def _present(self) -> set[str]:
        """The names of the sequences that are there."""
        if isinstance(self.home, ZippedFolder):
            folders = archive_folders(self.home.archive)
            return {name for name in (folder.rpartition('/')[2] for folder in folders) if _SEQUENCE.fullmatch(name)}
        here = (path.name for path in self.home.path.iterdir() if path.is_dir())
        return {name for name in (*here, *self._split, *self._zipped) if _SEQUENCE.fullmatch(name)}

    @cached_property
    def _split(self) -> dict[str, Folder]:
        """The sequences inside folders of the home, as unpacking GOT-10k_Train_split_01.zip and on makes them."""
        outer = (path for path in self.home.path.iterdir() if path.is_dir() and not _SEQUENCE.fullmatch(path.name))
        return {path.name: Folder(path) for folder in outer for path in folder.glob('GOT-10k_*') if path.is_dir()}

    @cached_property
    def _zipped(self) -> dict[str, ZippedFolder]:
        """The sequences inside the home's archives, GOT-10k_Train_split_01.zip and on."""
        found = {}
        for archive in sorted(path for path in self.home.path.glob('*.zip') if not is_junk(path.name)):
            try:
                found |= {folder.rpartition('/')[2]: ZippedFolder(archive, folder)
                          for folder in archive_folders(archive)}
            except AnnotationError as error:  # the sequences of the others can be read
                self._torn = self._torn or error
        return found

    def _place(self, name: str) -> Place:
        if isinstance(self.home, ZippedFolder) or (self.home.path / name).is_dir():
            return self.home.inside(name)
        place = self._split.get(name) or self._zipped.get(name)
        if place is None and self._torn:
            raise AnnotationError(str(self._torn))
        return place or find_place(self.home.path, name)

    def read(self, video: str) -> list[TrackingSequence]:
        place = self._place(video)
        boxes = read_rows(place, 'groundtruth.txt')
        if self.split == 'test':
            frames = numbered_frames(place, '%08d.jpg', 1)
            boxes = filled(boxes[:1], len(frames))
            return [TrackingSequence(video, frames, boxes, has_size(boxes))]
        frames = numbered_frames(place, '%08d.jpg', 1, len(boxes))
        visible, attributes, lacks = has_size(boxes), dict(meta=self._meta(place)), []
        for file, key, highest in (('absence.label', 'absent', 1), ('cover.label', 'cover', 8)):
            if not place.has(file):
                lacks.append(file)
                continue
            flags = read_flags(place, file, len(boxes), highest)
            attributes[key] = flags.astype(bool) if key == 'absent' else flags
            visible &= flags == 0 if key == 'absent' else flags > 0
        if lacks:
            attributes['lacks'] = ' and '.join(lacks)
        return [TrackingSequence(video, frames, boxes, visible, attributes)]

    def _meta(self, place: Place) -> dict[str, str]:
        """The lines 'key: value' of meta_info.ini."""
        if not place.has('meta_info.ini'):
            return {}
        pairs = (line.partition(':') for line in read_text(place, 'meta_info.ini').splitlines() if ':' in line)
        return {key.strip(): value.strip() for key, _, value in pairs}

    def watched(self) -> Iterator[Path]:
        if isinstance(self.home, ZippedFolder):
            yield self.home.archive
            return
        yield from [self.home.path / 'list.txt', *sorted(self.home.path.glob('*.zip'))]
        for name in self.videos:
            for file in ('', 'groundtruth.txt', 'absence.label', 'cover.label'):
                yield self.home.path / name / file
