"""Random streams that name what they are for: the same key gives the same numbers, whoever asks and when."""

from __future__ import annotations

import random
from functools import cached_property

import numpy as np

SPLITS = dict(train=0, val=1, test=2)
"""The first number of every key, so no two splits share a stream."""

FIELD, OUTLINE, SCENE, LENGTH, NOISE = range(5)
"""The second number of a key: what the stream draws."""


class Stream(random.Random):
    """Random numbers one at a time, for which the standard library is ten times faster than numpy."""

    @cached_property
    def arrays(self) -> np.random.Generator:
        """Random numbers in arrays."""
        return np.random.default_rng(self.seed_of_its_own())

    def seed_of_its_own(self) -> int:
        """A seed to draw something later, whatever else is drawn meanwhile."""
        return self.getrandbits(62)

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.random() < probability

    def among(self, low: float, high: float) -> float:
        """A number between two positive bounds, uniform in its logarithm."""
        return low * (high / low) ** self.random()

    def pick(self, weights: dict[str, float]) -> str:
        """One of the names, with its weight."""
        return self.choices(list(weights), list(weights.values()))[0]


def stream(*key: int) -> Stream:
    """The stream of a key: numbers of up to 62 bits each."""
    packed = 1
    for number in key:
        packed = packed << 64 | number
    return Stream(packed)
