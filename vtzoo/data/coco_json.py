"""COCO-style JSON, of images or of videos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vtzoo.data.annotations import to_box
from vtzoo.data.sequence import AnnotationError


@dataclass(frozen=True, slots=True)
class Target:
    """An annotated object: name, the files of its frames, boxes (F, 4) with NaN where it has none, category."""

    name: str
    files: list[str]
    boxes: np.ndarray
    category: str | None


def coco_targets(content: dict[str, Any], where: str) -> dict[str, list[Target]]:
    """The objects of every video or image, by its name.

    Images with a ``video_id`` are frames, in the order of ``frame_id`` (else of their file names); there,
    annotations with the same ``track_id`` or ``instance_id`` are one target. Otherwise an annotation is
    a target of one frame. Crowds are left out.

    Raises:
        AnnotationError: the content is something else.
    """
    try:
        return {name: _targets(name, *video) for name, video in _videos(content).items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnnotationError(f'{where} is no COCO annotation ({type(error).__name__}: {error}).') from error


def _videos(content: dict[str, Any]) -> dict[str, tuple[list[str], dict[Any, dict[int, np.ndarray]], dict]]:
    """Name -> files, boxes by track and frame, categories by track."""
    titles = {video['id']: str(video.get('name', video['id'])) for video in content.get('videos', ())}
    classes = {kind['id']: str(kind['name']) for kind in content.get('categories', ())}
    place, videos = {}, {}  # image id -> its video and frame
    for image in sorted(content['images'], key=_order):
        file = str(image['file_name'])
        name = titles.get(image['video_id'], str(image['video_id'])) if 'video_id' in image else file.rpartition('.')[0]
        files = videos.setdefault(name, ([], {}, {}))[0]
        place[image['id']] = name, len(files)
        files.append(file)
    for item in content['annotations']:
        if item.get('iscrowd'):
            continue
        name, frame = place[item['image_id']]
        track = item.get('track_id', item.get('instance_id', item.get('id')))
        videos[name][1].setdefault(track, {})[frame] = to_box(item['bbox'])
        videos[name][2][track] = classes.get(item.get('category_id'))
    return videos


def _order(image: dict[str, Any]) -> tuple[str, float, str]:
    return str(image.get('video_id', '')), float(image.get('frame_id', 0)), str(image['file_name'])


def _targets(name: str, files: list[str], tracks: dict[Any, dict[int, np.ndarray]], categories: dict) -> list[Target]:
    targets = []
    for track, found in tracks.items():
        boxes = np.full((len(files), 4), np.nan)
        boxes[list(found)] = list(found.values())
        title = f'{name}_{track}'.replace('/', '_')  # results are files of this name
        targets.append(Target(title, files, boxes, categories[track]))
    return targets
