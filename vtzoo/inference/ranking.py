"""Which candidate box to take, and what becomes of it: the released trackers' post-processing."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vtzoo.data.crops import Crop
from vtzoo.models.tracker import Prediction, best
from vtzoo.registry import RANKINGS
from vtzoo.structures import Boxes
from vtzoo.utils.require import require


class Ranking:
    """A policy without memory: what it needs of the last frame, it is given."""

    dense = False  # whether it needs a candidate per cell

    def select(self, candidates: Boxes, crop: Crop, last: np.ndarray) -> Tensor:
        """-> (1,) index of the candidate to take. last: box x y w h of the frame before."""
        return best(candidates)

    def to_box(self, prediction: Prediction, crop: Crop, last: np.ndarray, width: int, height: int) -> np.ndarray:
        """-> the frame's box x y w h, in an image of width and height pixels."""
        raise NotImplementedError


@RANKINGS.register_module()
class Best(Ranking):
    """The highest score, clipped to the image (MixFormer; released clip_box).

    Args:
        margin: pixels of the box that stay inside the image on every side, and its least size.
        rate: share of the new size that is taken, the last box keeps the rest; released: 1.
    """

    def __init__(self, margin: float = 10, rate: float = 1.0) -> None:
        require(0 <= rate <= 1, f'the rate of the size is a share: write a number in 0..1, not rate={rate}.')
        self.margin, self.rate = margin, rate

    def to_box(self, prediction: Prediction, crop: Crop, last: np.ndarray, width: int, height: int) -> np.ndarray:
        box = crop.to_image(prediction.box[0].tolist())
        w, h = size = last[2:] * (1 - self.rate) + box[2:] * self.rate
        x, y = box[:2] + (box[2:] - size) / 2
        left, right = min(max(0, x), width - self.margin), min(max(self.margin, x + w), width)
        top, bottom = min(max(0, y), height - self.margin), min(max(self.margin, y + h), height)
        return np.array([left, top, max(self.margin, right - left), max(self.margin, bottom - top)])


@RANKINGS.register_module()
class HannWindow(Best):
    """OSTrack's: the highest score times a Hann window, which favours the last position.

    The window never reaches zero: 0.5 (1 - cos(2 pi k / (n + 1))), k = 1..n. Arguments: see :class:`Best`.
    Released files: lib/test/tracker/ostrack.py, lib/test/utils/hann.py.
    """

    dense = True

    def select(self, candidates: Boxes, crop: Crop, last: np.ndarray) -> Tensor:
        score = candidates.confidence[0]
        return (score * hann_window(round(len(score) ** 0.5)).to(score).flatten()).argmax()[None]


def hann_window(n: int) -> Tensor:
    """(n, n) float32, the outer product of a Hann window with itself, without the zeros at its ends."""
    one = 0.5 * (1 - torch.cos(2 * math.pi / (n + 1) * torch.arange(1, n + 1)))
    return one[:, None] * one


@RANKINGS.register_module()
class WindowPenalty(Ranking):
    """SparseTT's, after SiamRPN: penalise changes of size and shape, favour the centre, smooth the size.

    score = penalty * s * (1 - window) + cosine window * window, with
    penalty = exp(-(change of ratio * change of scale - 1) * k). Released file:
    videoanalyst/pipeline/tracker_impl/sparsett_tracker.py.

    Args:
        penalty: k.
        window: weight of the cosine window.
        rate: of the size's update, times penalty and score.
        least: smallest width and height in pixels.
    """

    dense = True

    def __init__(self, penalty: float = 0.04, window: float = 0.21, rate: float = 0.95, least: float = 10) -> None:
        require(0 <= window < 1, f'the window weight is a share: write a number in 0..1, not window={window}.')
        self.penalty, self.window, self.rate, self.least = penalty, window, rate, least

    def select(self, candidates: Boxes, crop: Crop, last: np.ndarray) -> Tensor:
        score = candidates.confidence[0]
        side = round(len(score) ** 0.5)
        hanning = torch.from_numpy(np.outer(np.hanning(side), np.hanning(side)).ravel()).to(score)
        return (self.steady(candidates.boxes[0], crop, last) * score * (1 - self.window)
                + hanning * self.window).argmax()[None]

    def steady(self, boxes: Tensor, crop: Crop, last: np.ndarray) -> Tensor:
        """(N, 4) cx cy w h 0..1 -> (N,) penalty: 1 where size and shape stay those of the last box."""
        w, h = (boxes[:, 2:] * crop.size + crop.pixel).unbind(-1)
        last_w, last_h = last[2:] * crop.scale
        scale = self._larger(self._extent(w, h) / self._extent(last_w, last_h))
        ratio = self._larger((last_w / last_h) / (w / h))
        return torch.exp(-(ratio * scale - 1) * self.penalty)

    @staticmethod
    def _larger(ratio: Tensor) -> Tensor:
        return torch.maximum(ratio, 1 / ratio)

    @staticmethod
    def _extent(w: Tensor | float, h: Tensor | float) -> Tensor | float:
        pad = (w + h) * 0.5
        return ((w + pad) * (h + pad)) ** 0.5

    def to_box(self, prediction: Prediction, crop: Crop, last: np.ndarray, width: int, height: int) -> np.ndarray:
        step = float(self.steady(prediction.box, crop, last)[0] * prediction.score[0]) * self.rate
        box = crop.to_image(prediction.box[0].tolist())
        limits = np.array([width, height])
        centre = np.clip(box[:2] + (box[2:] - crop.pixel) / 2, 0, limits)
        size = last[2:] * (1 - step) + box[2:] * step
        size = np.maximum(self.least, np.minimum(size, limits))
        return np.concatenate([centre - (size - crop.pixel) / 2, size])
