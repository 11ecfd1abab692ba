"""OTB (Wu et al., TPAMI 2015): OTB-100, its hard half OTB-50, and OTB-2013."""

from __future__ import annotations

from pathlib import Path

from vtzoo.data.annotations import Place
from vtzoo.data.archives import find_place
from vtzoo.data.datasets.tabulated import Tabulated
from vtzoo.data.sequence import AnnotationError
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class OTB(Tabulated):
    """OTB. A folder or an archive a video; two targets in Jogging and Skating2.

    Boxes x y w h, whole numbers, 1-based; commas, tabs or spaces between. Tiger1 starts at its sixth
    frame, as the official benchmark has it. KiteSurf's frames go by several names; all are found.

    Args:
        split: 'otb100' (100 targets), 'otb50' (50) or 'otb2013' (51).
        root: the data root.
    """

    title, base, table = 'OTB', 1, 'otb100'
    folders = ('otb100', 'OTB100', 'otb', 'OTB', 'OTB2015', 'OTB_100', 'OTB-100')
    splits = ('otb100', 'otb50', 'otb2013')
    whole = ('otb100',)

    def __init__(self, split: str = 'otb100', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.name = split
        self.videos = [name for name, row in self.rows.items() if row.get(split, '1') == '1']

    def frame_folder(self, row: dict[str, str]) -> Place:
        try:
            return super().frame_folder(row)
        except AnnotationError:
            if row['name'] != 'KiteSurf':
                raise
            return find_place(self.folder, 'KiteSurf/jpg')

    def extension(self, row: dict[str, str], frames: Place) -> str:
        known = row['extension']
        return 'png' if row['name'] == 'KiteSurf' and f'0001.{known}' not in frames.names() else known
