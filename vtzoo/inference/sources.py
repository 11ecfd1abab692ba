"""Where frames come from: files, folders, patterns, lists, standard input; cameras and streams are in live.py."""

from __future__ import annotations

import glob
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np

from vtzoo.data.errors import FrameError
from vtzoo.data.images import SUFFIXES as IMAGES
from vtzoo.data.images import Levels, decode, grey_levels
from vtzoo.inference.animations import Animation, frames_in
from vtzoo.inference.formats import CHANNELS
from vtzoo.inference.inputs import as_array
from vtzoo.inference.source import FPS, Frame, Source
from vtzoo.utils.limits import limit, read_bytes, too_large
from vtzoo.utils.names import natural_key
from vtzoo.utils.require import require

STREAM = re.compile(r'(rtsps?|rtmps?|https?|udp|tcp)://', re.IGNORECASE)
INNER = ('img', 'imgs', 'images', 'frames', 'color')
"""Folders inside a sequence's folder that hold its frames."""


class Stills(Source):
    """Pictures: paths, web addresses, or arrays and PIL images.

    Args:
        items: in order; any iterable, a sequence where the source is read more than once.
        name: of all of them.
    """

    def __init__(self, items: Iterable[Any], name: str, fps: float = FPS, inputs: Sequence[Path] = ()) -> None:
        known = isinstance(items, Sequence | np.ndarray)
        paths = [Path(item) for item in items if isinstance(item, str | Path) and not STREAM.match(str(item))] \
            if known else []
        super().__init__(name, fps, len(items) if known else None, [*inputs, *paths])
        self.items, self._first, self._levels = items, items[0] if known else None, None

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        chosen = islice(enumerate(self.items), start, None, stride) if self.length is None else (
            (index, self.items[index]) for index in range(start, self.length, stride))
        for index, item in chosen:
            try:
                yield Frame(index, index / self.fps, self._read(item))
            except OSError as error:
                yield self._missed(index, f'{item} cannot be read ({error.strerror or error}).')
            except ValueError as error:  # a FrameError is one
                name = str(item) if isinstance(item, str | Path) else f'frame {index}'
                yield self._missed(index, str(error) if name in str(error) else f'{name}: {error}')

    def _read(self, item: Any) -> np.ndarray:
        if not isinstance(item, str | Path):
            return as_array(item)
        self._first = self._first or item
        return decode(_encoded(item), str(item), levels=self._first_levels, thorough=True)

    def _first_levels(self) -> Levels:
        """Of 16-bit grey pictures: those of the first one, for all."""
        if self._levels is None:
            self._levels = grey_levels(_encoded(self._first), str(self._first))
        return self._levels


def _encoded(item: str | Path) -> bytes:
    return download(str(item)) if STREAM.match(str(item)) else read_bytes(item, 'VTZOO_MAX_FRAME_MB')


class VideoFile(Source):
    """A video file, upright as its container says. Reads what plays, whatever the header counts.

    Raises:
        ValueError: OpenCV cannot read a frame of it.
    """

    def __init__(self, path: str | Path) -> None:
        is_file = not STREAM.match(str(path))
        capture = cv2.VideoCapture(str(path))
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        opened = capture.isOpened() and pixels <= limit('VTZOO_MAX_MEGAPIXELS') and capture.grab()
        capture.release()
        require(pixels <= limit('VTZOO_MAX_MEGAPIXELS'), f'{path}: {too_large("VTZOO_MAX_MEGAPIXELS")}.')
        require(opened, f'{path} is not a video that OpenCV can read.')
        super().__init__(str(path), fps if 0 < fps <= 1000 else FPS, int(count) if 0 < count < 1e9 else None,
                         [Path(path)] if is_file else [])

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        capture, index = cv2.VideoCapture(self.name), 0
        try:
            while capture.grab():
                if index >= start and (index - start) % stride == 0:
                    decoded, image = capture.retrieve()
                    if decoded:
                        yield Frame(index, index / self.fps, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
                    else:
                        yield self._missed(index, f'frame {index} of {self.name} cannot be decoded.')
                index += 1
        finally:
            capture.release()
        if self.length is not None and index < self.length:
            self.faults.append(f'{self.name} ends after {index} frames, its header counts {self.length}: '
                               'it may be cut off.')


class RawPipe(Source):
    """Raw frames, one after the other: what ``ffmpeg -f rawvideo -pix_fmt rgb24 -`` writes.

    Args:
        stream: binary.
        size: width and height.
        pixel_format: rgb24, bgr24 or gray.
    """

    def __init__(self, stream: IO[bytes], size: tuple[int, int], pixel_format: str = 'rgb24',
                 fps: float = FPS) -> None:
        super().__init__('standard input', fps)
        require(pixel_format in CHANNELS, f'--pixel-format is one of {", ".join(CHANNELS)}, not {pixel_format!r}.')
        self.stream, (self.width, self.height), self.pixel_format = stream, size, pixel_format

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        shape = (self.height, self.width, CHANNELS[self.pixel_format])
        wanted, index = int(np.prod(shape)), 0
        while len(data := self.stream.read(wanted)) == wanted:
            if index >= start and (index - start) % stride == 0:
                image = np.frombuffer(data, np.uint8).reshape(shape)
                yield Frame(index, index / self.fps, as_array(image if self.pixel_format != 'bgr24'
                                                              else np.ascontiguousarray(image[..., ::-1])))
            index += 1
        if data:
            self.faults.append(f'standard input ends within frame {index}: {len(data)} of {wanted} bytes; are --size '
                               'and --pixel-format right?')


def open_source(source: Any, fps: float | None = None, size: tuple[int, int] | None = None,
                pixel_format: str = 'rgb24', patience: float = 20.0, every_frame: bool = False) -> Source:
    """Frames from anything that has some.

    Args:
        source: a video file, or a picture file of several frames; a folder, glob ('img/*.jpg'), numbered pattern
            ('img/%05d.jpg') or list (a text file with a path or address a line) of pictures; a camera's number; a
            stream's address; '-' for raw frames on standard input; a list or any iterable of paths, arrays or PIL
            images.
        fps: frames per second of pictures and raw frames.
        size, pixel_format: width and height, and rgb24, bgr24 or gray, of raw frames.
        patience, every_frame: of a camera or stream, see :class:`~vtzoo.inference.live.Live`.

    Raises:
        ValueError: nothing that can be read is there; says what was looked for.
    """
    require(fps is None or 0 < fps <= 1000, f'frames per second are above 0 and at most 1000, not {fps}.')
    rate = fps or FPS
    if isinstance(source, Source):
        return source
    if isinstance(source, int) or (isinstance(source, str) and source.isdecimal() and not os.path.lexists(source)):
        from vtzoo.inference.live import camera
        return camera(int(source), patience, every_frame)
    if not isinstance(source, str | Path):
        if isinstance(source, Sequence | np.ndarray):
            require(not isinstance(source, np.ndarray) or source.ndim == 4,
                    f'frames in one array are (N, H, W, 3), not {getattr(source, "shape", None)}.')
            require(len(source) > 0, 'the list of frames is empty.')
            return Stills(source, 'the frames given', rate)
        require(isinstance(source, Iterable), f'frames come from a path, an address, a camera\'s number or a list, not '
                                              f'from a {type(source).__name__}.')
        return Stills(source, 'the frames given', rate)
    text, path = str(source), Path(source)
    if text == '-':
        require(size is not None, 'raw frames on standard input need their size: --size WIDTHxHEIGHT.')
        return RawPipe(sys.stdin.buffer, size, pixel_format, rate)
    if STREAM.match(text):
        return _address(text, rate, patience, every_frame)
    if path.is_dir():
        folders = path, *(path / inner for inner in INNER)
        files = next(filter(None, map(_pictures, folders)), [])
        require(files, f'the folder {path} holds no pictures ({", ".join(IMAGES)}).')
        return Stills(files, text, rate)
    if not os.path.lexists(path) and (found := _matching(text)) is not None:
        require(found, f'no file matches {text}.')
        return Stills(found, text, rate)
    require(path.exists(), f'there is no video, folder or stream {text}.')
    if path.suffix.lower() in ('.txt', '.lst'):
        return _list(path, rate)
    require(path.is_file(), f'{path} is not a file: for raw frames write - and pipe them in.')
    if frames_in(path) > 1:
        return Animation(path, fps)
    return Stills([path], text, rate) if path.suffix.lower() in IMAGES else VideoFile(path)


def is_frame(path: Path) -> bool:
    """Whether a file is one of a video's frames by its name; not what systems and editors leave beside them."""
    return path.suffix.lower() in IMAGES and not path.name.startswith('.') and path.is_file()


def _pictures(folder: Path) -> list[Path]:
    """The frames in a folder, in natural order."""
    return sorted(filter(is_frame, folder.iterdir()), key=natural_key) if folder.is_dir() else []


def _matching(text: str) -> list[Path] | None:
    """The files of a glob or a numbered pattern; None: it is neither."""
    folder, name = os.path.split(text)
    if number := re.search(r'%(0?)(\d*)d', name):
        digits = rf'(\d{{{number[2]},}})' if number[1] and number[2] else r'(\d+)'
        pattern = re.compile(re.escape(name[:number.start()]) + digits + re.escape(name[number.end():]))
        numbered = [(int(match[1]), path) for path in Path(folder or '.').glob('*')
                    if (match := pattern.fullmatch(path.name)) and path.is_file()]
        return [path for _, path in sorted(numbered)]
    if glob.has_magic(text):
        return sorted(filter(is_frame, map(Path, glob.glob(text, recursive=True))), key=natural_key)
    return None


def _list(path: Path, fps: float) -> Stills:
    """A text file with the path or address of a picture a line; paths start from its folder."""
    try:
        lines = path.read_text('utf-8-sig').splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not a list of pictures: it is not text.') from error
    names = [line.strip() for line in lines if line.strip() and not line.startswith('#')]
    require(names, f'the list {path} is empty.')
    wrong = next((name for name in names if not STREAM.match(name) and Path(name).suffix.lower() not in IMAGES), None)
    require(wrong is None, f'{path} is not a list of pictures: {str(wrong)[:60]!r} is the name of none.')
    return Stills([name if STREAM.match(name) else path.parent / name for name in names], str(path), fps, [path])


def _address(text: str, fps: float, patience: float, every_frame: bool) -> Source:
    """A picture, a video file or a stream behind an address, by its suffix."""
    suffix = Path(re.split(r'[?#]', text)[0]).suffix.lower()
    if text.lower().startswith('http') and suffix in IMAGES:
        return Stills([text], text, fps)
    if text.lower().startswith('http') and suffix in ('.mp4', '.m4v', '.mov', '.avi', '.mkv', '.webm'):
        return VideoFile(text)
    from vtzoo.inference.live import stream
    return stream(text, patience, every_frame)


def download(address: str) -> bytes:
    """A picture behind an http address; FrameError where it does not come or is too large."""
    most = limit('VTZOO_MAX_FRAME_MB')
    if not address.lower().startswith('http'):
        raise FrameError(f'{address} is not the address of a picture (http, https).')
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            data = answer.read(most + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise FrameError(f'{address} cannot be fetched ({getattr(error, "reason", error)}).') from error
    if len(data) > most:
        raise FrameError(f'{address}: {too_large("VTZOO_MAX_FRAME_MB")}.')
    return data
