"""UAV123_10fps (Mueller et al., ECCV 2016): every third frame of UAV123."""

from __future__ import annotations

from pathlib import Path

from vtzoo.data.datasets.uav123 import UAV123
from vtzoo.registry import DATASETS


@DATASETS.register_module(name='UAV123_10fps')
class UAV123At10FPS(UAV123):
    """UAV123_10fps. Laid out as UAV123, with frames of its own: its frame i is UAV123's frame 3 i - 2.

    The published ranges follow from UAV123's: first and last are (n - 1) // 3 + 1.

    Args:
        split: 'test' (123).
        root: the data root.
    """

    title, name = 'UAV123_10fps', 'uav123_10fps'
    folders = ('uav123_10fps', 'UAV123_10fps', 'UAV123_10FPS', 'uav10fps', *UAV123.folders)
    holds = 'anno/UAV123_10fps'
    signs = (holds,)

    def __init__(self, split: str = 'test', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        for name, row in self.rows.items():
            first, last = ((int(row[key]) - 1) // 3 + 1 for key in ('start_frame', 'end_frame'))
            self.rows[name] = row | dict(
                start_frame=first, end_frame=last, frame_folder=row['frame_folder'].replace('UAV123', 'UAV123_10fps'),
                annotation_file=row['annotation_file'].replace('UAV123', 'UAV123_10fps'))
