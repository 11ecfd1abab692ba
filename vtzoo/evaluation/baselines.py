"""Two trackers to be better than: a box that stays where it is, and OpenCV's MIL."""

from __future__ import annotations

import cv2
import numpy as np

from vtzoo.inference.online import Result


class Static:
    """The first box for the whole video."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Keep the box."""
        self.box = np.asarray(box, np.float64)

    def track(self, image: np.ndarray) -> Result:
        """Say it again."""
        return Result(self.box, 1.0, False)


class MIL:
    """OpenCV's tracker after Babenko et al., CVPR 2009: whole pixels, a box of constant size; OpenCV draws
    its samples anew in every run, so figures differ a little from run to run."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Start."""
        self.box, self.tracker = np.asarray(box, np.float64), cv2.TrackerMIL.create()
        self.tracker.init(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [max(1, round(side)) for side in box])

    def track(self, image: np.ndarray) -> Result:
        """Its box, or the last one where it has none."""
        found, box = self.tracker.update(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.box = np.asarray(box, np.float64) if found else self.box
        return Result(self.box, float(found), not found)
