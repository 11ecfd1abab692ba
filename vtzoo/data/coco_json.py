"""COCO-style JSON, of images or of videos, as data sets publish and annotation tools export it."""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vtzoo.data.annotations import LARGEST
from vtzoo.data.errors import AnnotationError
from vtzoo.utils.names import is_inside, natural_key

_TRACKS = ('track_id', 'instance_id', 'tracking_id', 'object_id')


@dataclass(frozen=True, slots=True)
class Target:
    """An annotated object: name, the files of its frames, boxes (F, 4) with NaN where it has none, category."""

    name: str
    files: list[str]
    boxes: np.ndarray
    category: str | None


@dataclass(slots=True)
class _Video:
    files: list[str] = field(default_factory=list)
    boxes: dict[str, dict[int, tuple[float, ...]]] = field(default_factory=dict)  # by track, then frame
    categories: dict[str, str | None] = field(default_factory=dict)  # by track
    fault: str = ''


class CocoTargets:
    """The objects of every video or image of a JSON, by its name.

    Images with a ``video_id`` are frames of it. Without one they are frames of a video where annotations share a
    track in one folder, and their names differ in the last number only. Frames come in the order of ``frame_id``,
    else in natural order of their names. Annotations with the same ``track_id`` or ``instance_id`` (also in
    ``attributes``, where annotation tools put it) are one target of a video; otherwise an annotation is a target of
    one frame. Left out: crowds, and annotations of images that are not listed. A ``bbox`` of null or [] is a frame
    without a box. What is wrong with one video is said when that is asked for.

    Args:
        content: the JSON's.
        where: names it in errors.

    Raises:
        AnnotationError: the content is something else.
    """

    def __init__(self, content: dict[str, Any], where: str) -> None:
        self.where = where
        self.videos: dict[str, _Video] = {}
        try:
            self._read(content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AnnotationError(f'{where} is not a COCO annotation ({type(error).__name__}: {error}).') from error
        self._plain = Counter(_plain(name, track) for name, video in self.videos.items() for track in video.boxes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.videos)

    def __len__(self) -> int:
        return len(self.videos)

    def __getitem__(self, name: str) -> list[Target]:
        """The targets of a video or image.

        Raises:
            AnnotationError: something is wrong with it.
        """
        video = self.videos[name]
        if video.fault:
            raise AnnotationError(f'{self.where} {video.fault}')
        targets = []
        for track, found in video.boxes.items():
            boxes = np.full((len(video.files), 4), np.nan)
            if found:
                boxes[list(found)] = list(found.values())
            targets.append(Target(self._title(name, track), video.files, boxes, video.categories[track]))
        return targets

    def _title(self, name: str, track: str) -> str:
        """A target's name: results are files of it, so a folder's separator is written _ where that is unique."""
        plain = _plain(name, track)
        return plain if self._plain[plain] == 1 else f'{name}/{track}'  # written as %2F

    def _read(self, content: dict[str, Any]) -> None:
        images, annotations = content['images'], content['annotations']
        classes = {str(kind['id']): str(kind['name']) for kind in content.get('categories') or ()}
        video_of = _grouping(content, images, annotations)
        place: dict[str, tuple[_Video, int]] = {}  # image id -> its video and frame
        for image in sorted(images, key=_order):
            file = image.get('file_name')
            video = self.videos.setdefault(video_of(image), _Video())
            if not isinstance(file, str) or not is_inside(file):
                video.fault = f'names the file {file!r}, which is not a path inside its folder.'
            if str(image['id']) in place:
                video.fault = f'has two images of id {image["id"]!r}.'
            place[str(image['id'])] = video, len(video.files)
            video.files.append(str(file))
        orphans = 0
        for item in annotations:
            video, frame = place.get(str(item['image_id']), (None, 0))
            if video is None:
                orphans += 1
            elif not item.get('iscrowd'):
                self._add(video, frame, item, classes)
        if orphans:
            warnings.warn(f'{self.where}: {orphans} of {len(annotations)} annotations are of images that are not '
                          'listed, and are left out.', stacklevel=2)

    def _add(self, video: _Video, frame: int, item: dict[str, Any], classes: dict[str, str]) -> None:
        track = _track(item)
        track = str(item.get('id')) if track is None else track
        boxes = video.boxes.setdefault(track, {})
        video.categories[track] = classes.get(str(item.get('category_id')))
        if not item.get('bbox'):
            return
        try:
            x, y, w, h = map(float, item['bbox'])
        except (TypeError, ValueError):
            x = math.nan
        if not math.isfinite(x) or not max(map(abs, (x, y, w, h))) <= LARGEST:
            video.fault = f'has {str(item["bbox"])[:60]} as a box of {video.files[frame]}: expected [x, y, w, h].'
        elif frame in boxes:
            video.fault = f'has two boxes of track {track} in {video.files[frame]}.'
        else:
            boxes[frame] = x, y, w, h


def _plain(name: str, track: str) -> str:
    return f'{name}_{track}'.replace('/', '_')


def _track(item: dict[str, Any]) -> str | None:
    for holder in (item, item.get('attributes')):
        if isinstance(holder, dict):
            for key in _TRACKS:
                if holder.get(key) is not None:
                    return str(holder[key])
    return None


def _grouping(content: dict[str, Any], images: list[dict], annotations: list[dict]) -> Callable[[dict], str]:
    """What tells the name of the video that an image belongs to."""
    titles = {str(video['id']): str(video.get('name', video['id'])) for video in content.get('videos') or ()}
    series: dict[str, str] = {}  # image id -> file name without its last number
    for image in images:
        if image.get('video_id') is None:
            series[str(image['id'])] = _series(str(image.get('file_name')))
    seen: dict[tuple[str, str], str] = {}  # series and track -> an image
    moving = set()  # series where a track is in several images
    for item in annotations if series else ():
        image = str(item['image_id'])
        track = _track(item) if image in series else None
        if track is not None and seen.setdefault((series[image], track), image) != image:
            moving.add(series[image])

    def name(image: dict[str, Any]) -> str:
        if image.get('video_id') is not None:
            return titles.get(str(image['video_id']), str(image['video_id']))
        own = series[str(image['id'])]
        if own in moving:
            return own.rstrip('/_-. ') or 'video'
        return _stem(str(image.get('file_name')))

    return name


def _stem(file: str) -> str:
    folder, slash, name = file.rpartition('/')
    return folder + slash + (name.rpartition('.')[0] or name)


def _series(file: str) -> str:
    return re.sub(r'[0-9]+[^0-9/]*$', '', _stem(file))


def _order(image: dict[str, Any]) -> tuple:
    frame = image.get('frame_id', image.get('frame_index'))
    return (natural_key(image.get('video_id', '')), math.inf if frame is None else float(frame),
            natural_key(image.get('file_name', '')))
