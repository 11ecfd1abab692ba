"""Encoded images -> pixels, one way for training, checking and tracking.

- Orientation: a picture is turned as its EXIF data say, as viewers and cv2.imread do.
- Whole or cut off: decided by decoding. Bytes behind the picture (motion photos) and a missing end mark do no
  harm; a picture whose last rows are missing is refused.
- 16 bits: colour is divided by 257. Grey (thermal cameras) is scaled between two levels that are the same for
  all frames of a video: the 0.1 % and 99.9 % quantiles of its first frame, a fifth of their distance added on
  both sides; values outside are clipped.
- Size: bounded before anything is decoded, see :mod:`vtzoo.utils.limits`.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from vtzoo.data.errors import FrameError
from vtzoo.utils.limits import limit, too_large

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm', '.pgm')
"""How the names of frames end, in lower case."""

Levels = tuple[float, float]
"""The grey values that become 0 and 255."""

_MODES = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
          8: cv2.IMREAD_REDUCED_COLOR_8}
_JPEG, _JPEG_END, _PNG = b'\xff\xd8', b'\xff\xd9', b'\x89PNG\r\n\x1a\n'
_PROGRESSIVE = 0xC2
_PNG_END = b'\0\0\0\0IEND\xaeB`\x82'
_MARKER = re.compile(rb'\xff+[\x01-\xcf\xd8-\xfe]')  # inside a scan: neither a stuffed 0 nor a restart
_NOISE = np.random.default_rng(0).integers(1, 255, 1 << 14, dtype=np.uint8).tobytes()


def decode(data: bytes, where: str, reduce: int = 1, levels: Callable[[], Levels] | None = None,
           thorough: bool = False) -> np.ndarray:
    """Encoded image -> (H, W, 3) uint8 RGB, upright.

    Args:
        data: a JPEG, PNG, BMP, WebP, TIFF or PPM file.
        where: names it in errors.
        reduce: 1, 2, 4 or 8: the image has ceil(H / reduce) x ceil(W / reduce) pixels, each the mean of those it
            covers. A JPEG decodes to that directly.
        levels: what gives the levels of the video of a 16-bit grey image; None: its own.
        thorough: also find a JPEG that is shorter than it says although its end mark is there.

    Raises:
        FrameError: the data are not an image, are too large a one, or only the beginning of one.
    """
    if min(_stored_size(data, where)) < 1:
        raise FrameError(f'{where} is not a readable image.')
    jpeg = data.startswith(_JPEG)
    whole = _whole_jpeg(data) if jpeg else _whole_png(data) if data.startswith(_PNG) else data
    if whole is None:
        raise FrameError(f'{where} is cut off: copy or unpack it again.')
    deep = not jpeg and not (data.startswith(_PNG) and data[24] <= 8)
    mode = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR if deep else _MODES[reduce if jpeg else 1]
    try:  # turned here and not by OpenCV, whose versions differ in the formats they turn
        image = cv2.imdecode(np.frombuffer(whole, np.uint8), mode | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        image = None
    if image is None:
        raise FrameError(f'{where} is not a readable image.')
    suspect = thorough and jpeg and (_has_flat_corner(image, reduce) or _jpeg_header(data)[0] == _PROGRESSIVE)
    if suspect and not _is_complete(whole[:-2]):
        raise FrameError(f'{where} is cut off: copy or unpack it again.')
    if image.dtype != np.uint8:
        image = to_bytes(image, where, levels)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if reduce > 1 and not jpeg:
        h, w = image.shape[:2]
        image = cv2.resize(image, (-(-w // reduce), -(-h // reduce)), interpolation=cv2.INTER_AREA)
    return _upright(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), _orientation(data))


def grey_levels(data: bytes, where: str) -> Levels:
    """The levels that a video's first frame gives its video; (0, 65535) where it is not a 16-bit grey image.

    Raises:
        FrameError: see :func:`decode`.
    """
    kept: list[Levels] = []
    decode(data, where, levels=lambda: kept.append((0.0, 65535.0)) or kept[0])
    if not kept:
        return 0.0, 65535.0
    image = cv2.imdecode(np.frombuffer(_whole_png(data) or data, np.uint8), cv2.IMREAD_ANYDEPTH)
    return own_levels(image)


def own_levels(image: np.ndarray) -> Levels:
    """The levels of a 16-bit grey image (H, W), see above."""
    low, high = np.quantile(image, [0.001, 0.999])
    if high <= low:
        return 0.0, 65535.0
    return float(low - (high - low) / 5), float(high + (high - low) / 5)


def to_bytes(image: np.ndarray, where: str, levels: Callable[[], Levels] | None) -> np.ndarray:
    """16 bits -> 8, by the rule above; ``levels`` of a grey image's video, None: its own.

    Raises:
        FrameError: the values are of another type.
    """
    if image.dtype != np.uint16:
        raise FrameError(f'{where} has values of type {image.dtype}: expected 8 or 16 bits without sign.')
    low, high = (0.0, 65535.0) if image.ndim == 3 else levels() if levels else own_levels(image)
    return np.clip(np.rint((image.astype(np.float32) - low) * (255 / (high - low))), 0, 255).astype(np.uint8)


def _whole_jpeg(data: bytes) -> bytes | None:
    """The picture without what follows it, its end mark added where there is none; None: its end is missing."""
    if data.endswith(_JPEG_END):
        return data
    end = _jpeg_end(data)
    if end:
        return data[:end]
    picture = data.rstrip(b'\0')  # a copy that was cut may be filled up with zeros
    return picture + _JPEG_END if _is_complete(picture) else None


def _is_complete(picture: bytes) -> bool:
    """Whether a JPEG without its end mark has all its pixels: whatever follows then does not change them, while in
    a cut one it becomes the missing part."""
    plain, noisy = (_pixels(picture + tail + _JPEG_END) for tail in (b'', _NOISE))
    return plain is not None and plain == noisy


def _jpeg_end(data: bytes) -> int | None:
    """Where the picture's end mark ends; thumbnails and videos inside the file have marks of their own."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker == 0xD9:
            return place + 2
        else:
            place += 2 + int.from_bytes(data[place + 2:place + 4], 'big')
            if marker == 0xDA:
                found = _MARKER.search(data, place)
                if not found:
                    return None
                place = found.end() - 2
    return place + 2 if data[place:place + 2] == _JPEG_END else None


def _has_flat_corner(image: np.ndarray, reduce: int) -> bool:
    """Whether the last block is of one colour, as decoders fill what is missing."""
    return not np.ptp(image[-1, -max(8 // reduce, 3):].astype(int), axis=0).any()


def _pixels(data: bytes) -> bytes | None:
    """A JPEG's pixels by a decoder that says nothing on the screen; None: there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return Image.open(io.BytesIO(data)).tobytes()
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return None


def _whole_png(data: bytes) -> bytes | None:
    """The picture without what follows it, its end mark added where there is none; None: its end is missing."""
    if data.endswith(_PNG_END):
        return data
    place, pixels = len(_PNG), []
    while place + 8 <= len(data):
        size, kind = int.from_bytes(data[place:place + 4], 'big'), data[place + 4:place + 8]
        if kind == b'IEND':
            return data[:place] + _PNG_END
        if kind == b'IDAT':
            pixels.append(data[place + 8:place + 8 + size])
        if place + 12 + size > len(data):
            return None
        place += 12 + size
    unpacked = zlib.decompressobj()
    try:
        unpacked.decompress(b''.join(pixels), 8 * limit('VTZOO_MAX_MEGAPIXELS'))
    except zlib.error:
        return None
    return data[:place] + _PNG_END if unpacked.eof else None


def encoded_size(data: bytes, where: str) -> tuple[int, int]:
    """Encoded image -> width, height when upright, from its header.

    Raises:
        FrameError: see :func:`decode`.
    """
    size = _stored_size(data, where)
    if min(size) < 1 or data.startswith((b'II', b'MM')):  # TIFF: Pillow's versions differ in what they say
        return decode(data, where).shape[1::-1]
    return size[::-1] if _orientation(data) >= 5 else size


def _stored_size(data: bytes, where: str) -> tuple[int, int]:
    """Width and height that the header says, within the limit."""
    if not data:
        raise FrameError(f'{where} is empty.')
    size = (0, 0)
    if data.startswith(_PNG) and len(data) > 32:
        size = struct.unpack('>II', data[16:24])
    elif data.startswith(_JPEG):
        size = _jpeg_header(data)[1:]
    else:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                size = Image.open(io.BytesIO(data), formats=('BMP', 'WEBP', 'TIFF', 'PPM')).size
        except Image.DecompressionBombError:
            size = (1 << 16, 1 << 16)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, OverflowError) as error:
            raise FrameError(f'{where} is not a readable image (JPEG, PNG, BMP, WebP, TIFF or PPM).') from error
    if size[0] * size[1] > limit('VTZOO_MAX_MEGAPIXELS'):
        raise FrameError(f'{where} is not read: {too_large("VTZOO_MAX_MEGAPIXELS")}.')
    return size


def _jpeg_header(data: bytes) -> tuple[int, int, int]:
    """The kind of a JPEG (its frame's marker), width and height; zeros: there is none."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack('>HH', data[place + 5:place + 9])
            return marker, width, height
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2:place + 4], 'big')
    return 0, 0, 0


def _upright(image: np.ndarray, orientation: int) -> np.ndarray:
    if orientation >= 5:
        image = cv2.transpose(image)
    if orientation in (2, 3, 6, 7):
        image = cv2.flip(image, 1)
    return cv2.flip(image, 0) if orientation in (3, 4, 7, 8) else image


def _orientation(data: bytes) -> int:
    """EXIF's orientation, 1 to 8; from 5 on, width and height change places. 1 for TIFF, which OpenCV turns always."""
    if data.startswith((b'BM', b'P', b'II', b'MM')):
        return 1
    if data.startswith(_JPEG) and b'Exif\0\0' not in data[:1 << 16]:
        return 1
    if data.startswith(_PNG) and b'eXIf' not in data:
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            found = int(Image.open(io.BytesIO(data)).getexif().get(0x0112, 1))
            return found if 1 <= found <= 8 else 1
    except (OSError, ValueError, SyntaxError, TypeError, struct.error, Image.DecompressionBombError):
        return 1
