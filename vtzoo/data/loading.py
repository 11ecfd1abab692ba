"""Crops from frames, fast: a JPEG is decoded at the size the crop needs, and nothing but the crop is kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vtzoo.data.crops import Colour, Crop
from vtzoo.data.sequence import FrameSource

REDUCTIONS = (8, 4, 2)
"""Shares of its size that a JPEG decodes to directly."""


def cut(frames: FrameSource, index: int, crop: Crop, fill: Colour | Callable[[np.ndarray], Colour],
        full_decode: bool = False) -> np.ndarray:
    """A crop of a frame, (size, size, 3) uint8 RGB.

    Where the crop shrinks the image to a half or less, the frame is decoded at that share of its size
    and the crop taken from there: faster, and free of the aliases of the exact path.

    Args:
        frames, index: the frame. Frames that are drawn rather than read may offer ``cut(index, crop, colour)``.
        crop: what to cut, see :mod:`vtzoo.data.crops`.
        fill: the colour outside the image, or what finds it from the image: a convention's ``fill``.
        full_decode: True: decode whole and cut as tracking does, to the last bit.

    Raises:
        FrameError: the frame is missing or damaged.
    """
    if hasattr(frames, 'cut') and not full_decode:
        return frames.cut(index, crop, fill(frames.read(index, 8)) if callable(fill) else fill)
    reduce = 1 if full_decode else next((share for share in REDUCTIONS if crop.scale * share <= 1), 1)
    image = frames.read(index, reduce)
    colour = fill(image) if callable(fill) else fill
    return crop.cut(image, colour) if reduce == 1 else crop.cut_reduced(image, colour, reduce)
