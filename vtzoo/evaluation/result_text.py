"""Numbers in result files: read as annotations are, written with every digit they have."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtzoo.data.rows import parse_boxes, parse_numbers
from vtzoo.utils.limits import read_bytes

ROOM = 1_000_000, 1_000
"""Bytes of a result file beyond which it is not read: so many, and so many for each frame; a line has about 80."""


def as_text(rows: np.ndarray) -> str:
    """(n, columns) -> lines of numbers with commas between, each in the shortest form that reads back the same."""
    return ''.join(','.join(map(repr, row)) + '\n' for row in np.asarray(rows, np.float64).tolist())


def read_boxes(path: str | Path, frames: int | None = None) -> np.ndarray:
    """A tracker's boxes -> (n, 4) x y w h, NaN where it gave none, see :func:`vtzoo.data.rows.parse_boxes`.

    Args:
        path: the file.
        frames: of the video, if known: whether an empty line is a frame without a box, and how large a file may be.

    Raises:
        ValueError: the file cannot be read, or says something else; names it, and the line.
    """
    found = parse_boxes(_contents(Path(path), frames), str(path), frames)
    if found.frames is not None and not (np.diff(found.frames) == 1).all():
        wrong = found.lines[1:][np.diff(found.frames) != 1][0]
        raise ValueError(f"{path} line {wrong} goes on with another frame than the next one in its column 'frame'.")
    if found.frames is not None and found.frames[0] not in (0, 1):
        raise ValueError(f"{path} begins at frame {found.frames[0]:g} in its column 'frame': expected 0 or 1.")
    return found.boxes


def read_rows(path: str | Path, columns: int | None = None, frames: int | None = None) -> np.ndarray:
    """Numbers, such as times -> (n, columns) float64, see :func:`vtzoo.data.rows.parse_numbers`.

    Raises:
        ValueError: the file cannot be read, or says something else; names it, and the line.
    """
    return parse_numbers(_contents(Path(path), frames), str(path), columns, frames)


def _contents(path: Path, frames: int | None) -> bytes:
    most = None if frames is None else ROOM[0] + ROOM[1] * frames
    try:
        size = path.stat().st_size
        if most is not None and size > most:
            raise ValueError(f'{path} has {size} bytes, too many for the results of {frames} frames.')
        return read_bytes(path, 'VTZOO_MAX_TEXT_MB')
    except OSError as error:
        raise ValueError(f'{path} cannot be read ({error.strerror}).') from error
    except ValueError as error:
        raise error if str(path) in str(error) else ValueError(f'{path} is not read: {error}.') from error
