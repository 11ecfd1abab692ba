"""Your own data: frames and boxes are all it takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from vtzoo.data.annotations import boxes_of_frames, has_size, read_json
from vtzoo.data.archives import Folder
from vtzoo.data.coco_json import Target, coco_targets
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import AnnotationError, FrameSource, TrackingSequence
from vtzoo.data.videos import VideoFrames, count_frames
from vtzoo.registry import DATASETS
from vtzoo.utils.names import natural_key

IMAGES, VIDEOS = ('.jpg', '.jpeg', '.png', '.bmp', '.webp'), ('.mp4', '.avi', '.mov', '.mkv', '.webm')
FRAMES = ('img', 'imgs', 'images', 'frames', 'color', '.')


@DATASETS.register_module()
class OwnData(Reader):
    """A folder of your videos, or of your frames with one COCO-style annotations.json.

    A video NAME is a file NAME.mp4, or a folder NAME with the frames, or NAME/img with them. Its boxes
    are NAME.txt or NAME.csv, or groundtruth.txt, boxes.txt or boxes.csv in the folder: a line x y w h a
    frame (NaN: no box), a single line for the first frame, or a header that names the columns x, y, w, h
    and if you like frame (from 0; frames without a line have no box) and visible (0 or 1).

    Args:
        split: 'all': the folder itself; 'train', 'val', 'test': a folder of that name in it.
        root: the data root.
        folder: the folder's name under the root.
    """

    title = 'your own data'
    splits = ('all', 'train', 'val', 'test')

    def __init__(self, split: str = 'all', root: str | Path | None = None, folder: str = 'own') -> None:
        self.name, self.folders = Path(folder).name, (folder if split == 'all' else f'{folder}/{split}',)
        super().__init__(split, root)
        if split == 'all' and any((self.folder / part).is_dir() for part in self.splits):
            raise FileNotFoundError(f"{self.folder} is split in folders: use split='train', 'val' or 'test'.")
        self.json = self.folder / 'annotations.json'
        self.many = self.json.is_file()

    @cached_property
    def _targets_of(self) -> dict[str, list[Target]]:
        return coco_targets(read_json(Folder(self.folder), self.json.name), str(self.json))

    @property
    def is_video(self) -> bool:
        """False: a JSON of single images."""
        return not self.many or any(len(target.files) > 1 for found in self._targets_of.values() for target in found)

    @cached_property
    def videos(self) -> list[str]:
        if self.many:
            return list(self._targets_of)
        return sorted({path.name if path.is_dir() else path.stem for path in self.folder.iterdir()
                       if path.is_dir() or path.suffix.lower() in VIDEOS})

    def read(self, video: str) -> list[TrackingSequence]:
        if self.many:
            place = Folder(self.folder / 'images' if (self.folder / 'images').is_dir() else self.folder)
            return [TrackingSequence(target.name, place.frames(target.files), target.boxes, has_size(target.boxes),
                                     dict(category=target.category)) for target in self._targets_of[video]]
        frames, path = self._frames(video), self._boxes(video)
        boxes, visible = boxes_of_frames(Folder(path.parent).data(path.name), str(path), len(frames))
        return [TrackingSequence(video, frames, boxes, visible)]

    def _frames(self, video: str) -> FrameSource:
        for path in (self.folder / f'{video}{suffix}' for suffix in VIDEOS):
            if path.is_file():
                return VideoFrames(path, count_frames(path))
        for folder in (self.folder / video / inner for inner in FRAMES):
            names = [path.name for path in folder.glob('*') if path.suffix.lower() in IMAGES]
            if names:
                return Folder(folder).frames(sorted(names, key=natural_key))
        raise AnnotationError(f'{self.folder / video} holds no frames ({", ".join(IMAGES)}).')

    def _boxes(self, video: str) -> Path:
        tried = [self.folder / name for name in (f'{video}.txt', f'{video}.csv', *(
            f'{video}/{name}' for name in ('groundtruth.txt', 'boxes.txt', 'boxes.csv')))]
        for path in tried:
            if path.is_file():
                return path
        raise AnnotationError(f'{video} has no boxes; looked for {", ".join(map(str, tried))}.')

    def watched(self) -> Iterator[Path]:
        yield from [self.json] if self.many else sorted([*self.folder.glob('*'), *self.folder.glob('*/*')])
