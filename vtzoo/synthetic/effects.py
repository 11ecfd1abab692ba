"""Effects: what camera, light and storage do to a frame. Each looks at a pixel's surroundings only, so a
window of a frame comes out as it would in the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vtzoo.synthetic.motion import smooth
from vtzoo.synthetic.random_streams import NOISE, Stream, stream

_PERIOD = 128
"""After how many pixels noise repeats."""


@dataclass(frozen=True)
class Effects:
    """What happens to every frame of a sequence, in this order.

    Args:
        defocus: sigma of a Gaussian blur, pixels.
        coarse: pixels that share one colour along each side, as in enlarged small video.
        grey: no colour.
        gain: (F,) brightness factor.
        gamma: (F,) exponent of brightness.
        noise: standard deviation of sensor noise in grey levels.
        quality: of JPEG; 0: none.
        bank: of noise, the split's own.
        seed: of where in it each frame starts.
    """

    defocus: float
    coarse: int
    grey: bool
    gain: np.ndarray
    gamma: np.ndarray
    noise: int
    quality: int
    bank: int
    seed: int

    def surroundings(self, left: float, top: float, width: int, height: int, step: float) -> tuple[int, int, int, int]:
        """How many pixels more to the left, top, right and bottom must be drawn for a window to come out right."""
        margin = math.ceil(3 * self.defocus / step)
        if step > 1:
            return margin, margin, margin, margin
        margin += self.coarse + 2 * bool(self.quality)
        grid = self.coarse * (16 if self.quality else 1)  # whole blocks
        ends = -(left - margin), -(top - margin), left + width + margin, top + height + margin
        more = [-(-int(end) // grid) * grid for end in ends]
        return more[0] + left, more[1] + top, more[2] - left - width, more[3] - top - height

    def apply(self, picture: np.ndarray, left: float, top: float, step: float, frame: int) -> np.ndarray:
        """On a window (h, w, 3) uint8 of the frame, surroundings included, at left top and ``step`` frame pixels a
        pixel. What a step of more than 1 hides is left out."""
        height, width = picture.shape[:2]
        if self.defocus:
            picture = cv2.GaussianBlur(picture, (0, 0), self.defocus / step)
        if self.coarse > 1 and step == 1:
            small = cv2.resize(picture, (width // self.coarse, height // self.coarse), interpolation=cv2.INTER_AREA)
            picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if self.grey:
            picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        gain, gamma = self.gain[frame], self.gamma[frame]
        if gain != 1 or gamma != 1:
            levels = 255 * np.clip(gain * (np.arange(256) / 255) ** gamma, 0, 1)
            picture = cv2.LUT(picture, levels.astype(np.uint8))
        if self.noise:
            level = self.noise if step == 1 else (self.noise + 1) // 2
            picture = self._noisy(picture, level, int(left), int(top), frame)
        if self.quality and step == 1:  # red and blue change places on the way in and on the way out
            coded = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            picture = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        return picture

    def _noisy(self, picture: np.ndarray, level: int, left: int, top: int, frame: int) -> np.ndarray:
        height, width = picture.shape[:2]
        start = stream(self.bank, NOISE, self.seed, frame)
        tiles = (max(length // _PERIOD + 2, 4) for length in (height, width))
        x, y = ((edge + start.randrange(_PERIOD)) % _PERIOD for edge in (left, top))
        for change, values in zip((cv2.add, cv2.subtract), _noise(self.bank, level, self.grey, *tiles), strict=True):
            picture = change(picture, values[y:y + height, x:x + width])
        return picture


@lru_cache(maxsize=12)
def _noise(bank: int, level: int, grey: bool, down: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """What to add and what to subtract: uint8, so many periods down and across, 3 channels."""
    values = stream(bank, NOISE, level).arrays.standard_normal((_PERIOD, _PERIOD, 1 if grey else 3)) * level
    values = np.round(np.tile(values * np.ones(3), (down, across, 1)))
    return values.clip(0).astype(np.uint8), (-values).clip(0).astype(np.uint8)


def effects(rng: Stream, bank: int, frames: int, none: bool = False) -> Effects:
    """Random ones; many sequences have few."""
    if none:
        return Effects(0.0, 1, False, np.ones(frames), np.ones(frames), 0, 0, bank, 0)
    gain = np.full(frames, rng.among(0.75, 1.25) if rng.chance(0.3) else 1.0)
    gamma = np.full(frames, rng.among(0.65, 1.4) if rng.chance(0.25) else 1.0)
    if rng.chance(0.2):
        flicker = smooth(rng.arrays, frames, np.array([rng.among(3, 60), 40]))
        gain, gamma = gain * np.exp(rng.uniform(0.03, 0.15) * flicker[0]), gamma * np.exp(0.08 * flicker[1])
    return Effects(
        defocus=rng.among(0.5, 2) if rng.chance(0.2) else 0.0, coarse=rng.randint(2, 3) if rng.chance(0.1) else 1,
        grey=rng.chance(0.08), gain=gain, gamma=gamma, noise=rng.choice((1, 2, 3, 4, 6, 9)) if rng.chance(0.5) else 0,
        quality=rng.randint(15, 70) if rng.chance(0.25) else 0, bank=bank, seed=rng.seed_of_its_own())
