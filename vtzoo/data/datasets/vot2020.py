"""VOT2020, short-term (Kristan et al., ECCVW 2020): masks, with anchors for the multi-start protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtzoo.data.annotations import LARGEST, Place, has_size, parse_rows, read_text
from vtzoo.data.archives import Folder, find_place
from vtzoo.data.declared import Judges
from vtzoo.data.reader import Reader, listed
from vtzoo.data.sequence import AnnotationError, Numbered, TrackingSequence
from vtzoo.registry import DATASETS

LONGEST = 2_000_000
"""Characters of a region; a mask of noise over a whole frame of 1280x720 pixels has fewer."""


@DATASETS.register_module()
class VOT2020(Reader):
    """VOT2020, as the VOT toolkit downloads it.

    A box is the tight rectangle around the annotated mask, polygon or rectangle; NaN where a row is
    missing, unknown or an empty mask. ``attributes['regions']`` holds the annotation's rows,
    ``attributes['anchor']`` starts: above 0 forward, below 0 backward.

    Args:
        split: 'test' (60).
        root: the data root.
    """

    title, name, protocol = 'VOT2020', 'vot2020', 'vot'
    paper = 'kristan2020vot'
    benchmarks = (Judges('vot2020', 'VOT2020', None, None, remark='accuracy, robustness and EAO come from runs of the '
                         'VOT toolkit: see `vtzoo vot`'),)
    folders = ('vot2020', 'VOT2020', 'vot20', 'VOT20', 'vot2020/sequences', 'VOT2020/sequences')
    signs = ('sequences/list.txt', '*/anchor.value')
    splits = ('test',)

    def __init__(self, split: str = 'test', root: str | Path | None = None) -> None:
        super().__init__(split, root)
        if (self.folder / 'sequences').is_dir():
            self.folder = self.folder / 'sequences'
        self.videos = listed(Folder(self.folder))

    def read(self, video: str) -> list[TrackingSequence]:
        place = find_place(self.folder, video)
        about = dict(line.split('=', 1) for line in read_text(place, 'sequence').splitlines() if '=' in line)
        regions = read_text(place, 'groundtruth.txt').split('\n')
        regions = regions[:-1] if not regions[-1] else regions
        try:
            pattern, count = about.get('channels.color', 'color/%08d.jpg'), int(about.get('length', len(regions)))
            folder, _, pattern = pattern.rpartition('/')
            if not len(regions) <= count <= LARGEST or not re.fullmatch(r'%0?\dd\.\w+', pattern):
                raise ValueError(f'{len(regions)} regions for {count} frames {pattern}')
            boxes = np.array([region_box(region) for region in regions] + [[np.nan] * 4] * (count - len(regions)))
        except ValueError as error:
            raise AnnotationError(f'{place} has an annotation that cannot be read ({error}).') from error
        frames = place.inside(folder).frames(Numbered(pattern, 1, count))
        attributes = dict(anchor=_anchors(place, count), regions=regions)
        return [TrackingSequence(video, frames, boxes, has_size(boxes), attributes)]

    def watched(self) -> Iterator[Path]:
        yield self.folder / 'list.txt'
        for video in self.videos:
            for file in ('sequence', 'groundtruth.txt', 'anchor.value', 'color'):
                yield self.folder / video / file


def _anchors(place: Place, count: int) -> np.ndarray:
    """(count,) the anchors; 0 where the file ends early or is missing."""
    if 'anchor.value' not in place.names():
        return np.zeros(count)
    values = parse_rows(read_text(place, 'anchor.value'), f'{place}/anchor.value', 1)[:count, 0]
    return np.concatenate([values, np.zeros(count - len(values))])


def region_box(text: str) -> tuple[float, float, float, float]:
    """A row of the toolkit's annotation -> x, y, w, h; NaN for an unknown or empty region.

    'm' x,y,w,h,run,run,...: a mask in its rectangle, row by row, runs of zeros and ones in turn. Four
    numbers: a rectangle. More: a polygon. One: a special code.
    """
    if len(text) > LONGEST:
        raise ValueError(f'a region of more than {LONGEST:,} characters')
    numbers = np.array(text.strip().removeprefix('m').split(','), np.float64)
    if (np.abs(numbers) > LARGEST).any() or (text.startswith('m') and np.isnan(numbers).any()):
        raise ValueError(f'{text[:40]!r} is not a region')
    if text.startswith('m'):
        x, y, w, h, *runs = numbers.astype(int).tolist()
        if min(w, h) < 0 or not 0 <= w * h <= LARGEST * 100 or min(runs, default=0) < 0 or sum(runs) > w * h:
            raise ValueError('a mask larger than its rectangle')
        mask = np.zeros(w * h, bool)
        ends = np.cumsum(runs)
        for start, end in zip(ends[::2], ends[1::2], strict=False):
            mask[start:end] = True
        down, right = mask.reshape(h, w).nonzero()
        return (x + right.min(), y + down.min(), np.ptp(right) + 1, np.ptp(down) + 1) if len(right) else (np.nan,) * 4
    if len(numbers) == 4:
        return tuple(numbers)
    if len(numbers) > 4 and len(numbers) % 2 == 0:
        (x, y), (right, bottom) = numbers.reshape(-1, 2).min(0), numbers.reshape(-1, 2).max(0)
        return x, y, right - x, bottom - y
    if len(numbers) == 1:
        return (np.nan,) * 4
    raise ValueError(f'{text[:40]!r} is not a region')
