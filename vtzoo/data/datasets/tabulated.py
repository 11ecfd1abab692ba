"""Sets whose frame ranges stand in a table: UAV123, UAV20L, OTB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vtzoo.data import tables
from vtzoo.data.annotations import Place, has_size, read_rows
from vtzoo.data.archives import find_place
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import AnnotationError, Numbered, TrackingSequence


class Tabulated(Reader):
    """Reads frames start to end of a folder, which several sequences may share, and one annotation file each.

    Visible: a box of some size.
    """

    table: str

    def __init__(self, split: str | None = None, root: str | Path | None = None) -> None:
        super().__init__(split, root)
        self.rows = {row['name']: row for row in tables.rows(self.table)}
        self.videos = list(self.rows)

    def read(self, video: str) -> list[TrackingSequence]:
        row = self.rows[video]
        first, last, dropped = (int(row.get(key, 0)) for key in ('start_frame', 'end_frame', 'first_frames_to_drop'))
        place, file = self.annotation(row)
        boxes = read_rows(place, file)
        if len(boxes) != last - first + 1:
            raise AnnotationError(f'{place}/{file} has {len(boxes)} boxes, {self.title} publishes {last - first + 1}.')
        boxes, frames = boxes[dropped:], self.frame_folder(row)
        names = Numbered(f'%0{row["zero_padding"]}d.{self.extension(row, frames)}', first + dropped, len(boxes))
        return [TrackingSequence(video, frames.frames(names), boxes, has_size(boxes))]

    def annotation(self, row: dict[str, str]) -> tuple[Place, str]:
        """Where the boxes of a row of the table lie."""
        folder, _, file = row['annotation_file'].rpartition('/')
        return find_place(self.folder, folder), file

    def frame_folder(self, row: dict[str, str]) -> Place:
        """Where the frames of a row of the table lie."""
        return find_place(self.folder, row['frame_folder'])

    def extension(self, row: dict[str, str], frames: Place) -> str:
        """How their names end."""
        return row['extension']

    def watched(self) -> Iterator[Path]:
        for video in self.videos:
            yield from (self.folder / self.rows[video]['frame_folder'],
                        self.folder / self.rows[video]['annotation_file'])
        yield from sorted(self.folder.glob('*.zip'))
