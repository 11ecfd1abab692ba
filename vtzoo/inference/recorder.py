"""One run of ``vtzoo track``: frames in, rows and pictures out, and a summary whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from vtzoo.inference.follow import Follower, no_frame
from vtzoo.inference.outputs import Results
from vtzoo.inference.source import Frame, Source
from vtzoo.inference.video import VideoWriter, draw
from vtzoo.inference.window import Window
from vtzoo.utils.errors import RunError
from vtzoo.utils.names import show
from vtzoo.utils.progress import progress
from vtzoo.utils.require import require

LONGEST_GAP = 10.0
"""Seconds for which the video repeats a frame while a camera or stream is away."""


class Recorder:
    """Tracks, writes, draws and shows.

    Args:
        source: where the frames come from; keeps what was missed.
        follower: follows the targets.
        results, video, window: what is written and shown; None: nothing.
        names: of the targets; the first is the one that is drawn anew in the window.
    """

    def __init__(self, source: Source, follower: Follower, results: Results | None, video: VideoWriter | None,
                 window: Window | None, names: list[str]) -> None:
        self.source, self.follower, self.results = source, follower, results
        self.video, self.window, self.names = video, window, names
        self.count, self.lost, self.last_time = 0, 0, None

    def run(self, frames: Iterator[Frame], total: int | None = None) -> int:
        """Track to the end -> 0; 1: something was missed; 130: a video was stopped by hand.

        Args:
            frames: of the source, those that are wanted.
            total: how many, for the progress that is shown; None: not known.

        Raises:
            ValueError: there is no frame, or the boxes do not fit the first one; nothing is written then.
        """
        faults, stopped = [], False
        try:
            for frame in progress(frames, 'tracking', total) if total else frames:
                self.one(frame)
                if self.window is not None and self.window.closed:
                    break
        except KeyboardInterrupt:
            stopped = True
        except RunError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f'{error.filename or "the results"}: {error.strerror or error}')
        finally:
            faults += self.close()
        faults = [*self.source.faults, *faults]
        require(self.count > 0 or bool(faults) or stopped, no_frame(self.source))
        self.say(faults, stopped)
        if faults:
            return 1
        return 130 if stopped and not self.source.live else 0

    def one(self, frame: Frame) -> None:
        """Track, write, draw and show a frame."""
        if frame.image is None and self.follower.started:
            if self.results is not None:
                self.results.write([])
            return
        found = self.follower.step(frame)
        self.count += 1
        self.lost += any(one.lost for one in found)
        if self.results is not None:
            self.results.write([one.row for one in found])
        if self.video is None and self.window is None:
            return
        image = frame.image
        for one in found:
            image = draw(image, one.box, one.score, one.lost, name=one.name if len(found) > 1 else '')
        if self.video is not None:
            for _ in range(self._repeats(frame)):
                self.video.write(image)
        if self.window is not None and (box := self.window.show(image)):
            self.follower.select(self.names[0], box)

    def _repeats(self, frame: Frame) -> int:
        """How often a live frame is written, so that the video lasts as long as what it shows."""
        gap = 0.0 if self.last_time is None or not self.source.live else min(frame.time - self.last_time, LONGEST_GAP)
        self.last_time = frame.time
        return max(1, round(gap * self.video.fps))

    def close(self) -> list[str]:
        """Finish what is written -> what could not be."""
        faults = []
        if self.video is not None:
            try:
                self.video.close()
            except RunError as error:
                faults.append(str(error))
        if self.results is not None:
            self.results.close()
        return faults

    def say(self, faults: list[str], stopped: bool) -> None:
        """The summary: what there is, and what was missed."""
        written = [str(self.video.path)] if self.video is not None and self.video.count else []
        made = self.results.paths if self.results is not None else []
        written += [str(path) for path in made if path.exists() and not path.stem.endswith('_lost')]
        lost = f', {self.lost} of them with a lost target' if self.lost else ''
        print(f'{self.count} frames{lost}: ' + (', '.join(written) or 'nothing written')
              + (' (stopped by hand)' if stopped else ''))
        for fault in faults[:10]:
            print(f'missed: {show(fault)}', file=sys.stderr)
        if len(faults) > 10:
            print(f'missed: {len(faults) - 10} more.', file=sys.stderr)

