"""Cameras and streams: frames that do not wait. The newest one wins, and what breaks off is opened again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import cv2
import numpy as np

from vtzoo.inference.inputs import as_array
from vtzoo.inference.source import FPS, Frame, Source
from vtzoo.utils.require import require

PAUSES = (0.25, 0.5, 1, 2, 4, 8)
"""Seconds before each further try to open what broke off; the last one repeats."""

WAITING = 256
"""Frames that wait at most where every frame is wanted; then the stream waits."""


class Capture(Protocol):
    """What of cv2.VideoCapture is used."""

    def isOpened(self) -> bool: ...  # noqa: N802

    def read(self) -> tuple[bool, np.ndarray | None]: ...

    def get(self, prop: int) -> float: ...

    def release(self) -> None: ...


class Live(Source):
    """A camera or stream, read by a thread of its own.

    A tracker that is slower than the camera gets the newest frame and never lags behind. Frames have the
    number they have in the stream and the time at which they came.

    Args:
        name: for messages.
        open_capture: opens it, and opens it again after it broke off.
        patience: seconds without a frame after which it counts as ended.
        every_frame: hand on all frames, at most as late as 256 frames, instead of the newest.

    Raises:
        ValueError: it cannot be opened, or gives no frame.
    """

    live = True

    def __init__(self, name: str, open_capture: Callable[[], Capture], patience: float = 20.0,
                 every_frame: bool = False) -> None:
        super().__init__(name)
        require(0 < patience < 1e6, f'--patience is a number of seconds above 0, not {patience}.')
        self.open_capture, self.patience, self.every_frame = open_capture, patience, every_frame
        self.dropped = self.reopened = 0
        self._capture = open_capture()
        if not self._capture.isOpened():
            self._capture.release()
            raise ValueError(f'{name} cannot be opened: is it there, and used by nobody else?')
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= 240 else FPS

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        self._waiting: deque[Frame] = deque()
        self._changed, self._stop, self._ended = threading.Condition(), threading.Event(), ''
        self._last = time.monotonic()
        threading.Thread(target=self._grab, args=(start, stride), daemon=True).start()
        try:
            while (frame := self._next()) is not None:
                yield frame
        finally:
            self._stop.set()
            with self._changed:
                self._changed.notify_all()

    def _next(self) -> Frame | None:
        """The newest frame (or the oldest that waits), None at the end."""
        with self._changed:
            while not self._waiting:
                quiet = time.monotonic() - self._last
                if not self._ended and quiet > self.patience + 1:  # reading hangs
                    self._ended = f'{self.name} sent nothing for {self.patience:g} s.'
                if self._ended:
                    self.faults.append(self._ended)
                    return None
                self._changed.wait(0.2)
            frame = self._waiting.popleft()
            self._changed.notify_all()
            return frame

    def _grab(self, start: int, stride: int) -> None:
        """The thread: read, hand on, open again."""
        index, tries, began = 0, 0, time.monotonic()
        capture: Capture | None = self._capture
        while not self._stop.is_set():
            read, image = capture.read() if capture is not None and capture.isOpened() else (False, None)
            now = time.monotonic()
            if read and image is not None:
                tries, self._last = 0, now
                if index >= start and (index - start) % stride == 0:
                    self._hand_on(Frame(index, now - began, to_rgb(image)))
                index += 1
                continue
            if capture is not None:
                capture.release()
            if now - self._last > self.patience:
                with self._changed:
                    self._ended = (f'{self.name} broke off after {index} frames and did not come back within '
                                   f'{self.patience:g} s.')
                    self._changed.notify_all()
                return
            self._stop.wait(min(PAUSES[min(tries, len(PAUSES) - 1)], self.patience))
            tries += 1
            capture = None if self._stop.is_set() else self.open_capture()
            self.reopened += capture is not None and capture.isOpened()
        if capture is not None:
            capture.release()

    def _hand_on(self, frame: Frame) -> None:
        with self._changed:
            if self.every_frame:
                while len(self._waiting) >= WAITING and not self._stop.is_set():
                    self._changed.wait(0.2)
            else:
                self.dropped += len(self._waiting)
                self._waiting.clear()
            self._waiting.append(frame)
            self._changed.notify_all()


def to_rgb(image: np.ndarray) -> np.ndarray:
    """A captured image, BGR or grey, as (H, W, 3) uint8 RGB."""
    return as_array(image) if image.ndim == 2 or image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def camera(number: int, patience: float = 20.0, every_frame: bool = False) -> Live:
    """A camera of this machine by its number; ValueError where there is none."""
    return Live(f'camera {number}', lambda: _capture(number), patience, every_frame)


def stream(address: str, patience: float = 20.0, every_frame: bool = False) -> Live:
    """A stream by its address (rtsp, rtmp, http, https, udp, tcp)."""
    wait = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * min(patience, 1e5)),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * min(patience, 1e5))]
    return Live(address, lambda: _capture(address, cv2.CAP_FFMPEG, wait), patience, every_frame)


def _capture(*what: Any) -> Capture:
    """cv2.VideoCapture without the lines that it prints where nothing is there."""
    logging = getattr(cv2.utils, 'logging', None)
    if logging is None:
        return cv2.VideoCapture(*what)
    level = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(*what)
    finally:
        logging.setLogLevel(level)
