"""Videos in and out: files or folders of frames, boxes drawn on them. Needs no screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

IMAGES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')


class Video:
    """RGB frames in order, with len() and fps.

    Raises:
        ValueError: for what is neither a readable video nor a folder with images.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            self.files = sorted(p for p in self.path.iterdir() if p.suffix.lower() in IMAGES)
            self.fps, self.length = 30.0, len(self.files)
            if not self.files:
                raise ValueError(f'the folder {path} holds no images ({", ".join(IMAGES)}).')
            return
        if not self.path.exists():
            raise ValueError(f'there is no video or folder {path}.')
        self.files, capture = None, cv2.VideoCapture(str(path))
        self.fps, self.length = capture.get(cv2.CAP_PROP_FPS) or 30.0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        opened = capture.isOpened() and capture.grab()
        capture.release()
        if not opened:
            raise ValueError(f'{path} is no video that OpenCV can read.')

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[np.ndarray]:
        for image in self._from_files() if self.files else self._from_capture():
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def _from_files(self) -> Iterator[np.ndarray]:
        for file in self.files:
            image = cv2.imread(str(file))
            if image is None:
                raise ValueError(f'{file} is no readable image.')
            yield image

    def _from_capture(self) -> Iterator[np.ndarray]:
        capture = cv2.VideoCapture(str(self.path))
        try:
            while (read := capture.read())[0]:
                yield read[1]
        finally:
            capture.release()


def open_video(path: str | Path) -> Video:
    """A video file or a folder of frames."""
    return Video(path)


class VideoWriter:
    """Writes RGB frames into an mp4, its size taken from the first frame.

    Raises:
        ValueError: the file cannot be written.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self.path, self.fps, self.writer = Path(path), fps, None

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.release()

    def write(self, image: np.ndarray) -> None:
        """Add a frame (H, W, 3) uint8 RGB."""
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            codec = cv2.VideoWriter_fourcc(*('mp4v' if self.path.suffix.lower() == '.mp4' else 'MJPG'))
            self.writer = cv2.VideoWriter(str(self.path), codec, self.fps, image.shape[1::-1])
            if not self.writer.isOpened():
                raise ValueError(f'{self.path} cannot be written as a video: use a name that ends in .mp4 or .avi, '
                                 'in a folder that can be written to.')
        self.writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def draw(image: np.ndarray, box: Sequence[float], score: float | None = None, lost: bool = False,
         colour: tuple[int, int, int] = (60, 220, 60)) -> np.ndarray:
    """A copy of an RGB image with a box x y w h: green, or grey where the object is lost."""
    image = image.copy()
    colour = (160, 160, 160) if lost else colour
    x1, y1, x2, y2 = (round(v) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    thick = max(1, round(min(image.shape[:2]) / 200))
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, thick, cv2.LINE_AA)
    if score is not None:
        text, size = ('lost ' if lost else '') + f'{score:.2f}', max(0.35, min(image.shape[:2]) / 900)
        at = (max(x1, 2), y1 - 4 if y1 > 20 else y2 + int(24 * size) + 4)
        for ink, width in (((0, 0, 0), 3 * thick), (colour, thick)):
            cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, width, cv2.LINE_AA)
    return image
