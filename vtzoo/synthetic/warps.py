"""Warps: putting a picture where an affine map says, blurred along its motion."""

from __future__ import annotations

import cv2
import numpy as np


def warped(picture: np.ndarray, pixel: tuple[float, float], corner: tuple[float, float], put: list[float],
           window: tuple[int, int, int, int], motion: tuple[float, float], border: int) -> np.ndarray:
    """A window (h, w, C) uint8 onto a picture (H, W, C) that lies somewhere on a frame and moves.

    Blur along the motion is the mean of what is seen and the same moved by half the motion, then of that
    and that moved by a quarter, and so on: a box in few steps.

    Args:
        pixel, corner: width and height of one pixel of the picture and its left top corner, in the unit square.
        put: affine map of the unit square to the frame, a b x c d y; frame pixel i reaches from i to i + 1.
        window: left, top, width and height on the frame, whole pixels.
        motion: right and down, in pixels while the shutter is open.
        border: OpenCV's border mode outside the picture.
    """
    shifts = _halves(motion)
    extra_x, extra_y = sum(abs(x) for x, _ in shifts), sum(abs(y) for _, y in shifts)
    left, top, width, height = window
    forward = _pixels_to_frame(pixel, corner, put)
    forward[:, 2] = forward[:, 2] - (left, top) - 0.5 + (extra_x / 2, extra_y / 2)
    seen = cv2.warpAffine(picture, forward, (width + extra_x, height + extra_y), flags=cv2.INTER_LINEAR,
                          borderMode=border)
    for right, down in shifts:
        seen = _mean_of_two(seen, right, down)
    return seen


def _halves(motion: tuple[float, float]) -> list[tuple[int, int]]:
    """Half the motion, a quarter of it and so on, in whole pixels, until less than one is left."""
    shifts, (right, down) = [], motion
    while abs(right) >= 1 or abs(down) >= 1:
        right, down = right / 2, down / 2
        shifts.append((round(right), round(down)))
    return shifts


def _pixels_to_frame(pixel: tuple[float, float], corner: tuple[float, float], put: list[float]) -> np.ndarray:
    """The affine map (2, 3) of a picture's pixels, counted from the middle of the first, to the frame."""
    (a, b, x, c, d, y), (w, h) = put, pixel
    u, v = corner[0] + w / 2, corner[1] + h / 2
    return np.array([[a * w, b * h, a * u + b * v + x], [c * w, d * h, c * u + d * v + y]])


def _mean_of_two(seen: np.ndarray, right: int, down: int) -> np.ndarray:
    """A picture and the same moved by whole pixels, where both are."""
    high, wide = seen.shape[0] - abs(down), seen.shape[1] - abs(right)
    first = seen[max(-down, 0):, max(-right, 0):][:high, :wide]
    second = seen[max(down, 0):, max(right, 0):][:high, :wide]
    return cv2.addWeighted(first, 0.5, second, 0.5, 0)


def over(window: np.ndarray, picture: np.ndarray) -> None:
    """Lay a premultiplied picture (h, w, 4) over a window of the same size."""
    through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(picture, 3)), cv2.COLOR_GRAY2RGBA)
    cv2.add(cv2.multiply(window, through, scale=1 / 255), picture, dst=window)
