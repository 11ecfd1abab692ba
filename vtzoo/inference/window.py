"""A window: boxes drawn with the mouse, frames shown while they are tracked, and the keys that steer it."""

from __future__ import annotations

import os
import subprocess
import sys

import cv2
import numpy as np

from vtzoo.utils.require import require

TITLE = 'vtzoo'


def has_display() -> bool:
    """Whether a window can be opened. Tried in another process: without a screen, Qt ends the one that tries."""
    if sys.platform.startswith('linux') and not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        return False
    tried = 'import cv2; cv2.namedWindow("vtzoo"); cv2.waitKey(1); cv2.destroyAllWindows()'
    try:
        return subprocess.run([sys.executable, '-c', tried], capture_output=True, timeout=30).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def draw_boxes(image: np.ndarray) -> list[tuple[int, ...]]:
    """Boxes x y w h that the user draws on an RGB image: enter after each, escape after the last.

    Raises:
        ValueError: none was drawn.
    """
    drawn = cv2.selectROIs(f'{TITLE}: draw boxes, enter after each, escape at the end',
                           cv2.cvtColor(image, cv2.COLOR_RGB2BGR), False, False)
    cv2.destroyAllWindows()
    boxes = [tuple(map(int, box)) for box in np.reshape(drawn, (-1, 4)) if box[2] > 0 and box[3] > 0]
    require(boxes, 'no box was drawn.')
    return boxes


class Window:
    """Shows frames; ``closed`` once the user stops."""

    def __init__(self) -> None:
        self.closed = False

    def show(self, image: np.ndarray) -> tuple[int, ...] | None:
        """Show an RGB frame and obey a key -> a box x y w h that was drawn anew, or None."""
        cv2.imshow(TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1) & 0xFF
        if key == ord(' '):
            while (key := cv2.waitKey(50) & 0xFF) == 0xFF and self._is_open():
                pass
        if key == ord('r'):
            box = tuple(map(int, cv2.selectROI(TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), False)))
            return box if box[2] > 0 and box[3] > 0 else None
        self.closed = key in (ord('q'), 27) or not self._is_open()
        return None

    @staticmethod
    def _is_open() -> bool:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
