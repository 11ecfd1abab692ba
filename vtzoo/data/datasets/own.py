"""Your own data: frames and boxes are all it takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from vtzoo.data import images, videos
from vtzoo.data.annotations import boxes_of_frames, has_size, read_json
from vtzoo.data.archives import Folder
from vtzoo.data.coco_json import CocoTargets, Target
from vtzoo.data.reader import Reader
from vtzoo.data.sequence import AnnotationError, FrameSource, TrackingSequence
from vtzoo.data.videos import VideoFrames, count_frames
from vtzoo.registry import DATASETS
from vtzoo.utils.names import is_junk, natural_key

JSONS = ('annotations.json', 'annotations/instances_default.json', 'instances_default.json', '_annotations.coco.json')
FRAMES = ('img', 'imgs', 'images', 'frames', 'color', '.')


@DATASETS.register_module()
class OwnData(Reader):
    """A folder of your videos, or of your frames with one COCO-style annotations.json (or as CVAT, Roboflow call it).

    A video NAME is a file NAME.mp4, or a folder NAME with the frames, or NAME/img with them, in natural order. Its
    boxes are NAME.txt or NAME.csv, or groundtruth.txt, boxes.txt or boxes.csv in the folder: a line x y w h a frame
    (NaN or an empty line: no box), a single line for the first frame, or a header that names the columns x, y, w, h
    and if you like frame (from 0, or from 1 to the last; frames without a line have no box) and visible (0 or 1).
    See :func:`vtzoo.data.rows.parse_boxes` for what else is read. Boxes are in pixels; fractions are refused.

    ``attributes['objects']`` counts the targets of the image or video, for ``by_image``.

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
        self.json = next((self.folder / name for name in JSONS if (self.folder / name).is_file()), None)
        self.many = self.json is not None

    @cached_property
    def _targets_of(self) -> CocoTargets:
        return CocoTargets(read_json(Folder(self.json.parent), self.json.name), str(self.json))

    @property
    def is_video(self) -> bool:
        """False: a JSON of single images."""
        return not self.many or any(len(video.files) > 1 for video in self._targets_of.videos.values())

    @cached_property
    def videos(self) -> list[str]:
        if self.many:
            return list(self._targets_of)
        found = {path.name if path.is_dir() else path.stem for path in self.folder.iterdir()
                 if not is_junk(path.name) and (path.is_dir() or path.suffix.lower() in videos.SUFFIXES)}
        return sorted(found, key=natural_key)

    def read(self, video: str) -> list[TrackingSequence]:
        if self.many:
            targets = self._targets_of[video]
            place = self._images(targets[0].files[0]) if targets else Folder(self.folder)
            return [self._of_json(place, target, len(targets)) for target in targets]
        frames, path = self._frames(video), self._boxes(video)
        boxes, visible = boxes_of_frames(Folder(path.parent).data(path.name), str(path), len(frames))
        return [TrackingSequence(video, frames, boxes, visible, dict(objects=np.ones(len(frames), int)))]

    def _images(self, file: str) -> Folder:
        """The folder that the names in the JSON start from."""
        homes = [self.folder / inner for inner in ('images', '.', 'images/default', 'data')]
        known = (home for home in homes if (home / file).exists())
        return Folder(next(known, homes[0] if homes[0].is_dir() else self.folder))

    def _of_json(self, place: Folder, target: Target, targets: int) -> TrackingSequence:
        attributes = dict(objects=np.full(len(target.files), targets), category=target.category)
        return TrackingSequence(target.name, place.frames(target.files), target.boxes, has_size(target.boxes),
                                attributes)

    def _frames(self, video: str) -> FrameSource:
        found: dict[Path, list[str]] = {path: [] for path in self._beside(video, videos.SUFFIXES)}
        for folder in (self.folder / video / inner for inner in FRAMES):
            names = [name for name in (Folder(folder).names() if folder.is_dir() else ())
                     if name.lower().endswith(images.SUFFIXES)]
            if names:
                found[folder] = names
                break
        if len(found) > 1:
            raise AnnotationError(f'{video} has frames in {" and in ".join(map(str, found))}: keep one of them.')
        for path, names in found.items():
            return Folder(path).frames(names) if names else VideoFrames(path, count_frames(path))
        raise AnnotationError(f'{self.folder / video} holds no frames ({", ".join(images.SUFFIXES)}).')

    def _beside(self, video: str, suffixes: tuple[str, ...]) -> list[Path]:
        """The files in the folder that are called as the video, whatever the case of their endings."""
        return [path for path in self._files if path.stem == video and path.suffix.lower() in suffixes]

    @cached_property
    def _files(self) -> list[Path]:
        return [self.folder / name for name in Folder(self.folder).names() if (self.folder / name).is_file()]

    def _boxes(self, video: str) -> Path:
        inside = [self.folder / video / name for name in ('groundtruth.txt', 'boxes.txt', 'boxes.csv')]
        for path in (*self._beside(video, ('.txt',)), *self._beside(video, ('.csv',)), *inside):
            if path.is_file():
                return path
        tried = [self.folder / f'{video}.txt', self.folder / f'{video}.csv', *inside]
        raise AnnotationError(f'{video} has no boxes; looked for {", ".join(map(str, tried))}.')

    def watched(self) -> Iterator[Path]:
        yield from [self.json] if self.many else sorted([*self.folder.glob('*'), *self.folder.glob('*/*')])
