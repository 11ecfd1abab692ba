"""OTB (Wu et al., TPAMI 2015): OTB-100, its hard half OTB-50, and OTB-2013."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import Place
from vtzoo.data.archives import find_place
from vtzoo.data.datasets.tabulated import Tabulated
from vtzoo.data.declared import Judges
from vtzoo.data.sequence import AnnotationError, MissingSequenceError
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk


@DATASETS.register_module()
class OTB(Tabulated):
    """OTB. A folder or an archive a video; two targets in Jogging and Skating2.

    Boxes x y w h, whole numbers, 1-based; commas, tabs or spaces between. Tiger1 starts at its sixth frame, as the
    official benchmark has it. KiteSurf's frames go by several names; all are found. So are folders in other spelling:
    lower case, and Jogging-1, Jogging_1 or Jogging.1 for one of two targets.

    Args:
        split: 'otb100' (100 targets), 'otb50' (50) or 'otb2013' (51).
        root: the data root.
    """

    title, base, table = 'OTB', 1, 'otb100'
    paper, held_out = 'wu2015otb', ('otb100', 'otb50', 'otb2013')
    benchmarks = (Judges('otb100', 'OTB-100', 'otb100', 'otb', 'otb'), Judges('otb50', 'OTB-50', 'otb50', 'otb', 'otb'))
    folders = ('otb100', 'OTB100', 'otb', 'OTB', 'OTB2015', 'OTB_100', 'OTB-100')
    splits = ('otb100', 'otb50', 'otb2013')
    whole = ('otb100',)

    def __init__(self, split: str = 'otb100', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.name = split
        self.videos = [name for name, row in self.rows.items() if row.get(split, '1') == '1']

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        known = {row['frame_folder'].partition('/')[0].casefold() for row in tables.rows(cls.table)}
        return any(next(path.glob('groundtruth_rect*.txt'), None) for path in folder.iterdir()
                   if _plain(path.name).casefold() in known)

    @cached_property
    def _spelled(self) -> dict[str, str]:
        """Names of folders and archives, in lower case and without number -> as they are here."""
        return {path.name.removesuffix('.zip').casefold(): path.name.removesuffix('.zip')
                for path in self.folder.iterdir() if not is_junk(path.name)}

    def _outer(self, row: dict[str, str], plain: str) -> list[str]:
        """The folders that a video's files may be in: of its own number, then the published one."""
        name, number = row['name'].rpartition('_')[::2] if '_' in row['name'] else (row['name'], '')
        spellings = [f'{name}{mark}{number}' for mark in '-_.' if number] + ([name + number] if number else [])
        return [self._spelled[spelling.casefold()] for spelling in (*spellings, plain)
                if spelling.casefold() in self._spelled] or [plain]

    def annotation(self, row: dict[str, str]) -> tuple[Place, str]:
        plain, _, file = row['annotation_file'].partition('/')
        for outer in self._outer(row, plain):
            with contextlib.suppress(MissingSequenceError):
                place = find_place(self.folder, outer)
                found = [name for name in dict.fromkeys((file, 'groundtruth_rect.txt')) if place.has(name)]
                if found and (outer.casefold() != plain.casefold() or found[0] == file):
                    return place, found[0]
        return super().annotation(row)

    def frame_folder(self, row: dict[str, str]) -> Place:
        plain, _, inner = row['frame_folder'].partition('/')
        for outer in self._outer(row, plain):
            for folder in (inner, *(['jpg'] if row['name'] == 'KiteSurf' else [])):
                with contextlib.suppress(AnnotationError):
                    place = find_place(self.folder, f'{outer}/{folder}')
                    if place.names():
                        return place
        return super().frame_folder(row)

    def extension(self, row: dict[str, str], frames: Place) -> str:
        known = row['extension']
        return 'png' if row['name'] == 'KiteSurf' and f'0001.{known}' not in frames.names() else known


def _plain(name: str) -> str:
    """A folder's name without the number of one of two targets: Jogging-1 -> Jogging."""
    return name[:-2] if name[-2:-1] in ('-', '_', '.') else name
