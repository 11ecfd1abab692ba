"""What the page works on: a video or camera, a tracker, and the boxes found so far. Files live until it closes."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vtzoo.api import load_tracker
from vtzoo.inference.follow import USUAL, Follower, Tracked
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.outputs import Outputs, Results, Row
from vtzoo.inference.source import Frame, Source
from vtzoo.inference.sources import Stills, open_source
from vtzoo.inference.video import VideoWriter, draw
from vtzoo.introspection.observer import Observer
from vtzoo.introspection.visualize import attention_sheet, head_sheet
from vtzoo.utils.require import require

KEPT_FRAMES = 20_000
"""Frames of a camera that are kept for the download; the oldest go first."""

TARGET = '1'
"""The name of the target, as on the command line."""


class Clip:
    """One video or camera on the page.

    Args:
        source: what is tracked.
        folder: of its files; deleted by :meth:`close`.
    """

    def __init__(self, source: Source, folder: Path) -> None:
        self.source, self.folder, self.lock, self.used = source, folder, threading.Lock(), time.monotonic()
        self.rows: dict[int, Row] = {}
        self.follower: Follower | None = None
        self.tracker: OnlineTracker | None = None
        self.first: tuple[np.ndarray, Any] | None = None  # the frame and box that templates come from
        self.before: Any = None  # the last box before this frame's
        self.found: Tracked | None = None
        self._observer: Observer | None = None
        self._frames: Iterator[Frame] = source.frames()
        self.frame = self._next_frame()
        require(self.frame is not None, source.faults[-1] if source.faults else f'{source.name} has no frame.')

    def _next_frame(self) -> Frame | None:
        """The next frame that can be read; None: there are no more."""
        frame = next((frame for frame in self._frames if frame.image is not None), None)
        if frame is not None and self.source.live:
            path = self.folder / f'{frame.index:08d}.jpg'
            cv2.imwrite(str(path), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
            (self.folder / f'{frame.index - KEPT_FRAMES:08d}.jpg').unlink(missing_ok=True)
        return frame

    def choose(self, tracker: OnlineTracker) -> None:
        """Track with this from the next box on."""
        self.tracker, self.follower, self._observer = tracker, None, None

    def select(self, box: Any) -> Tracked:
        """The target's box x y w h in the frame that is shown; ValueError where it cannot be tracked."""
        require(self.tracker is not None, 'choose a tracker first.')
        follower = Follower(self.tracker, {TARGET: box}, USUAL)
        found = follower.step(self.frame)[0]
        self.follower, self.first, self.before = follower, (self.frame.image, box), None
        return self._keep(found)

    def step(self) -> Tracked | Frame | None:
        """The next frame, tracked where there is a target; None at the end."""
        frame = self._next_frame()
        if frame is None:
            return None
        self.before = self.found.box if self.found is not None else None
        self.frame = frame
        if self.follower is None:
            return frame
        self.before = tuple(self.follower.targets.targets[TARGET].box)
        return self._keep(self.follower.step(frame)[0])

    def _keep(self, found: Tracked) -> Tracked:
        self.found, self.rows[found.index] = found, found.row
        return found

    def write_boxes(self, kind: str = 'csv') -> Path:
        """Every box so far in a file, as `vtzoo track --out` writes it."""
        require(bool(self.rows), 'nothing is tracked yet.')
        path = self.folder / f'boxes.{kind}'
        results = Results(Outputs(overwrite=True), path, kind, [TARGET])
        for index in sorted(self.rows):
            results.write([self.rows[index]])
        results.close()
        return path

    def write_video(self) -> Path:
        """The frames so far with their boxes."""
        require(bool(self.rows), 'nothing is tracked yet.')
        path, indices = self.folder / 'tracked.mp4', sorted(self.rows)
        again = self._again()
        path.unlink(missing_ok=True)
        with VideoWriter(path, again.fps) as writer:
            for frame in again.frames(indices[0] if again is self.source else 0):
                if frame.index > indices[-1]:
                    break
                row = self.rows.get(frame.index)
                if frame.image is not None and row is not None:
                    writer.write(draw(frame.image, row.box, row.score, row.lost))
        return path

    def _again(self) -> Source:
        """The frames once more: from the file, or what was kept of a camera."""
        if not self.source.live:
            return self.source
        files = {int(path.stem): path for path in self.folder.glob('[0-9]*.jpg')}
        return _Kept(files, self.source.fps)

    def maps(self, kind: str) -> np.ndarray:
        """What the tracker saw in this frame: 'attention' or 'score' -> a sheet (h, w, 3) uint8 RGB.

        Raises:
            ValueError: nothing is tracked yet, or this tracker has none.
        """
        require(self.before is not None and self.first is not None and self.tracker is not None,
                'track a frame first: then its maps can be shown.')
        observer = self._observer = self._observer or _observer_of(self.tracker)
        observer.init(*self.first)
        observer.box = np.asarray(self.before, np.float64)
        result = observer.track(self.frame.image)
        return attention_sheet(observer) if kind == 'attention' else head_sheet(observer, self.frame.image, result)

    def close(self) -> None:
        """Stop reading and delete the files."""
        self._frames.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _observer_of(tracker: OnlineTracker) -> Observer:
    """A tracker with the same network and settings that keeps what it sees."""
    device = tracker.model.data_preprocessor.device
    observer = Observer(tracker.model, lost_threshold=tracker.lost_threshold, device=device)
    observer.ranking, observer.crop, observer.templates = tracker.ranking, tracker.crop, tracker.templates
    return observer


class _Kept(Stills):
    """A camera's frames on disk, under the numbers that they had."""

    def __init__(self, files: dict[int, Path], fps: float) -> None:
        super().__init__([files[number] for number in sorted(files)], 'the camera', fps)
        self.numbers = sorted(files)

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        for frame in super().frames(start, stride):
            yield frame._replace(index=self.numbers[frame.index])


class Clips:
    """The clips that are open: few, and each only while it is used.

    Args:
        most: how many at once; the one that was not used for longest closes for a new one.
        idle: seconds without use after which one closes.
        device: where trackers run.
    """

    def __init__(self, most: int = 4, idle: float = 3600, device: str = 'cpu') -> None:
        self.most, self.idle, self.device = most, idle, device
        self.home = Path(tempfile.mkdtemp(prefix='vtzoo_ui_'))
        self.open: dict[str, Clip] = {}
        self._trackers: dict[tuple, OnlineTracker] = {}
        self._lock = threading.Lock()

    def new_folder(self) -> Path:
        """For a clip's files."""
        return Path(tempfile.mkdtemp(dir=self.home))

    def add(self, key: str, source: Any, folder: Path) -> Clip:
        """Open a clip; its folder goes where that fails."""
        try:
            clip = Clip(open_source(source), folder)
        except (ValueError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._tidy(self.most - 1)
            self.open[key] = clip
        return clip

    def get(self, key: str) -> Clip:
        """An open clip; ValueError where it closed meanwhile."""
        clip = self.open.get(key)
        require(clip is not None, 'this video is closed: open it again.')
        clip.used = time.monotonic()
        return clip

    def tracker(self, config: str | None, checkpoint: str | None) -> OnlineTracker:
        """A tracker by its config and checkpoint, loaded once."""
        key = config or None, checkpoint or None
        if key not in self._trackers:
            self._trackers = {key: load_tracker(*key, self.device)}  # the one in use; clips keep theirs
        return self._trackers[key]

    def _tidy(self, most: int) -> None:
        now = time.monotonic()
        for key, clip in sorted(self.open.items(), key=lambda item: item[1].used):
            if len(self.open) > most or now - clip.used > self.idle:
                del self.open[key]
                with clip.lock:
                    clip.close()

    def close(self) -> None:
        """Close all and delete every file."""
        for clip in self.open.values():
            clip.close()
        self.open.clear()
        shutil.rmtree(self.home, ignore_errors=True)

