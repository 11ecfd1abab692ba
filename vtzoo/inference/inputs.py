"""What a tracker takes from its caller, checked: images and boxes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

LARGEST_IMAGE = 32766
"""Pixels of an image's longer side: OpenCV's warp takes no more."""

LARGEST, SMALLEST = 1e6, 1e-3
"""Of a box, in pixels: no coordinate or side is larger, no side smaller. Beyond them numbers lose their meaning."""


def as_image(image: Any) -> np.ndarray | Tensor:
    """-> (H, W, 3) uint8 RGB.

    A grey image (H, W) or (H, W, 1) is repeated three times, a PIL image of mode RGB or L is converted. Its
    pixels are taken as they are stored: ``PIL.ImageOps.exif_transpose`` turns a photograph upright. A tensor on a GPU
    stays there, one on the CPU becomes an array.

    Raises:
        ValueError: it is something else; says how to mend it.
    """
    if type(image).__module__.partition('.')[0] == 'PIL':
        image = _from_pil(image)
    if isinstance(image, Tensor):
        return _from_tensor(image)
    if not isinstance(image, np.ndarray):
        raise ValueError(f'an image is a numpy array (H, W, 3) of uint8 RGB, not a {type(image).__name__}.')
    if image.dtype != np.uint8:
        raise ValueError(f'an image holds uint8 values 0..255, not {image.dtype}: scale it and call astype(np.uint8).')
    if image.ndim == 3 and image.shape[2] == 4:
        raise ValueError('the image has an alpha channel: drop it with image[..., :3].')
    grey = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1)
    if not (grey or (image.ndim == 3 and image.shape[2] == 3)) or 0 in image.shape:
        raise ValueError(f'an image is (H, W, 3), not {image.shape}.')
    if max(image.shape) > LARGEST_IMAGE:
        raise ValueError(f'the image is {image.shape[1]}x{image.shape[0]} pixels, {LARGEST_IMAGE} a side is the most: '
                         'make it smaller.')
    image = np.asarray(image)  # a subclass, such as a masked array, as what it holds
    return np.repeat(image.reshape(*image.shape[:2], 1), 3, 2) if grey else image


def _from_tensor(image: Tensor) -> np.ndarray | Tensor:
    if image.dtype != torch.uint8:
        raise ValueError(f'an image holds uint8 values 0..255, not {image.dtype}: scale it and call .to(torch.uint8).')
    if image.device.type == 'cpu':
        return as_image(image.numpy())
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f'a frame on a GPU is (H, W, 3), not {tuple(image.shape)}: permute it there.')
    as_image(np.broadcast_to(np.uint8(0), image.shape))  # its size, checked without moving pixels
    return image


def as_array(image: Any) -> np.ndarray:
    """What :func:`as_image` gives, in the memory of the CPU."""
    image = as_image(image)
    return image.cpu().numpy() if isinstance(image, Tensor) else image


def _from_pil(image: Any) -> np.ndarray:
    mode = getattr(image, 'mode', None)
    if mode not in ('RGB', 'L'):
        raise ValueError(f"a PIL image is of mode RGB or L, not {mode}: call image.convert('RGB').")
    return np.asarray(image)


def check_box(box: Sequence[float], image: np.ndarray | Tensor) -> np.ndarray:
    """-> (4,) float64; warns where the numbers look like shares of the image.

    Raises:
        ValueError: x y w h are not four finite real numbers with a size that meet the image.
    """
    box = _numbers(box)
    text = ', '.join(f'{value:g}' for value in box)
    if not np.isfinite(box).all():
        raise ValueError(f'the box ({text}) is not finite.')
    x, y, w, h = box
    if w <= 0 or h <= 0:
        raise ValueError(f'the box ({text}) has no size: x, y, w, h with w and h above 0 are needed.')
    if min(w, h) < SMALLEST:
        raise ValueError(f'the box ({text}) is thinner than {SMALLEST} pixels: x, y, w, h are in pixels.')
    if np.abs(box).max() > LARGEST:
        raise ValueError(f'the box ({text}) is larger than any image: x, y, w, h are in pixels.')
    if x >= image.shape[1] or y >= image.shape[0] or x + w <= 0 or y + h <= 0:
        raise ValueError(f'the box ({text}) lies outside the image of {image.shape[1]}x{image.shape[0]} pixels.')
    if max(w, h) <= 1 and max(x, y) <= 1:
        warnings.warn(f'the box ({text}) is smaller than a pixel and looks like shares of the image: '
                      'x, y, w, h are in pixels.', stacklevel=4)
    return box


def is_box(box: np.ndarray) -> bool:
    """Whether a tracker may go on from a box x y w h: finite, with a size, and not beyond all images."""
    return bool(np.isfinite(box).all() and (np.abs(box) <= LARGEST).all() and (box[2:] >= SMALLEST).all())


def _numbers(box: Any) -> np.ndarray:
    """Four real numbers -> (4,) float64."""
    said = repr(box[:80]) if isinstance(box, str) else f'a {type(box).__name__} of something else'
    wrong = ValueError(f'a box is four numbers x, y, w, h, not {said}.')
    if isinstance(box, str | bytes | dict | set):
        raise wrong
    try:
        given = np.asarray(box)
        if given.dtype.kind not in 'iufO' or np.ma.is_masked(box):  # not text, truth values, dates, complex numbers
            raise wrong
        numbers = np.array([float(value) for value in given.reshape(-1)[:5]])
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise wrong from None
    if len(numbers) != 4:
        raise ValueError(f'a box is four numbers x, y, w, h, not {given.size}.')
    return numbers
