"""Picture files of several frames: animated WebP and PNG, TIFFs of many pages. Animated GIFs are read as videos."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from vtzoo.data.images import Levels, own_levels, to_bytes
from vtzoo.inference.source import FPS, Frame, Source
from vtzoo.utils.limits import limit, too_large
from vtzoo.utils.require import require

SUFFIXES = ('.webp', '.png', '.apng', '.tif', '.tiff')
"""Of files that may hold several frames. JPEGs are not among them: the second picture of a phone's is a thumbnail."""


def frames_in(path: Path) -> int:
    """How many frames a picture file holds; 1 where Pillow does not know its format: who decodes it says more.

    Raises:
        ValueError: its frames cannot be counted, since it is damaged.
    """
    if path.suffix.lower() not in SUFFIXES:
        return 1
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter('ignore')
            return int(getattr(image, 'n_frames', 1))
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return 1
    except Exception as error:  # Pillow's readers raise whatever a damaged file makes them run into
        raise ValueError(f'{path} cannot be read: it is cut short or damaged ({error}).') from error


class Animation(Source):
    """A picture file's frames, in order.

    Args:
        path: the file.
        fps: frames per second; None: as the file says, else 30.

    Raises:
        ValueError: it is larger than the limits.
    """

    def __init__(self, path: Path, fps: float | None = None) -> None:
        count = frames_in(path)
        require(count <= limit('VTZOO_MAX_LINES'), f'{path}: {too_large("VTZOO_MAX_LINES")}.')
        with Image.open(path) as image:
            _check_size(image, str(path))
            with suppress(OSError):  # a damaged frame is said where it is read
                image.load()  # a WebP's rate is known then
            duration = image.info.get('duration', 0)
        said = 1000 / duration if duration > 1 else FPS  # milliseconds a frame
        super().__init__(str(path), fps or said, count, [path])
        self._levels: Levels | None = None

    def frames(self, start: int = 0, stride: int = 1) -> Iterator[Frame]:
        with Image.open(self.name) as image:
            for index in range(start, self.length or 0, stride):
                try:
                    image.seek(index)
                    yield Frame(index, index / self.fps, self._pixels(image))
                except (OSError, ValueError, SyntaxError, EOFError) as error:
                    yield self._missed(index, f'frame {index} of {self.name} cannot be decoded ({error}).')

    def _pixels(self, image: Image.Image) -> np.ndarray:
        """(H, W, 3) uint8 RGB; 16-bit grey pages by the levels of the first that is read."""
        _check_size(image, self.name)  # pages have sizes of their own
        if not image.mode.startswith('I'):
            return np.asarray(image.convert('RGB'))
        grey = np.asarray(image).astype(np.uint16)
        self._levels = levels = self._levels or own_levels(grey)
        return np.repeat(to_bytes(grey, self.name, lambda: levels)[..., None], 3, 2)


def _check_size(image: Image.Image, name: str) -> None:
    bound = 'VTZOO_MAX_MEGAPIXELS'
    require(image.width * image.height <= limit(bound), f'{name}: {too_large(bound)}.')
