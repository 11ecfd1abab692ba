"""Targets followed through the frames of any source, results as they come: what ``vtzoo.track`` is made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from vtzoo.inference.multi import MultiTracker
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.outputs import Row
from vtzoo.inference.recovery import Recovery
from vtzoo.inference.source import Frame, Source
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require

USUAL = Recovery()
"""What is done while a target is lost, unless one says otherwise."""


@dataclass(frozen=True)
class Tracked:
    """A target in a frame.

    Args:
        frame: (H, W, 3) uint8 RGB.
        index: the frame's number in its source, from 0.
        time: seconds from the source's start.
        name: the target's.
        box: x, y, w, h in pixels; where the target is lost, a guess.
        score: 0..1, see ``OnlineTracker.score_description``; 1 where the box was given.
        lost: the score is too low.
        region: the square that was searched, x y w h in pixels; None where the box was given.
    """

    frame: np.ndarray
    index: int
    time: float
    name: str
    box: tuple[float, float, float, float]
    score: float
    lost: bool
    region: tuple[float, float, float, float] | None = None

    @property
    def row(self) -> Row:
        """What is written of it."""
        return Row(self.index, self.time, self.name, self.box, self.score, self.lost)


def results_of(source: Source, follower: Follower, start: int, stride: int,
               max_frames: int | None) -> Iterator[Tracked]:
    """The results of a source's frames, in their order; arguments and errors as for ``vtzoo.track``."""
    for frame in islice(source.frames(start, stride), max_frames):
        if frame.image is not None or not follower.started:
            yield from follower.step(frame)
    require(follower.started, no_frame(source))
    if source.live and source.faults:
        raise RunError(source.faults[-1])


class Follower:
    """Targets on their way through a source.

    Args:
        tracker: serves all of them; it is not changed.
        boxes: x y w h in the first frame, by name.
        recovery: what is done while a target is lost; USUAL: what the tracker's config says, else the usual policy.
    """

    def __init__(self, tracker: OnlineTracker, boxes: Mapping[str, Sequence[float]],
                 recovery: Recovery | None = None) -> None:
        tracker = copy.copy(tracker)
        tracker.recovery = (tracker.recovery or USUAL) if recovery is USUAL else recovery
        self.targets, self.waiting, self.started = MultiTracker(tracker), dict(boxes), False

    def select(self, name: str, box: Sequence[float]) -> None:
        """Follow a target from this box on, which it has in the next frame given to :meth:`step`."""
        self.waiting[name] = box

    def step(self, frame: Frame) -> list[Tracked]:
        """The next frame -> a result for each target, in the order in which they were named.

        Raises:
            ValueError: a box cannot be tracked; the first frame cannot be read.
            RunError: the frame has another size than the first.
        """
        if not self.started:
            require(frame.image is not None, f'the first frame, in which the boxes lie, cannot be read: {frame.fault}')
        image = frame.image
        for name in self.waiting:
            if name in self.targets.targets:
                self.targets.remove(name)
        found = {}
        if len(self.targets):
            self._check_size(frame)
            regions = {name: target.search_region for name, target in self.targets.targets.items()}
            for name, result in self.targets.track(image).items():
                found[name] = Tracked(image, frame.index, frame.time, name, result.box, result.score, result.lost,
                                      regions[name])
        for name, box in self.waiting.items():
            self.targets.add(image, box, name)
            found[name] = Tracked(image, frame.index, frame.time, name, tuple(map(float, box)), 1.0, False)
        self.waiting, self.started = {}, True
        return list(found.values())

    def _check_size(self, frame: Frame) -> None:
        (height, width), first = frame.image.shape[:2], next(iter(self.targets.targets.values())).size
        if frame.image.shape != first:
            raise RunError(f'frame {frame.index} has {width}x{height} pixels, those before it {first[1]}x{first[0]}: '
                           'a tracker needs one size.')


def named_boxes(box: Any) -> dict[str, Any]:
    """A box, several, or boxes by name -> boxes by name; those without one are called 1, 2, ..."""
    if isinstance(box, Mapping):
        require(len(box) > 0, 'there is no box to track.')
        return {str(name): one for name, one in box.items()}
    several = isinstance(box, Sequence | np.ndarray) and not isinstance(box, str) and len(box) > 0 and all(
        isinstance(one, Sequence | np.ndarray) and not isinstance(one, str) and len(one) > 1 for one in box)
    return {str(i): one for i, one in enumerate(box if several else [box], 1)}


def check_steps(start: int, stride: int, max_frames: int | None) -> None:
    """Raise ValueError unless they choose some frames."""
    require(start >= 0, f'the first frame is 0 or later, not start={start}.')
    require(stride >= 1, f'frames are read every 1 or more, not stride={stride}.')
    require(max_frames is None or max_frames >= 1, f'at least 1 frame is read, not max_frames={max_frames}.')


def no_frame(source: Source) -> str:
    """A sentence for a source that ended before its first frame."""
    if source.faults:
        return source.faults[-1]
    return f'{source.name} ends before the first frame' + (f': it has {source.length}.' if source.length else '.')
