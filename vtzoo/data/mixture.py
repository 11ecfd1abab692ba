"""Several data sets, drawn from by ratio."""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from vtzoo.data.sequence import Dataset, Sequence


class Mixture:
    """A data set is drawn by its ratio, then one of its sequences uniformly.

    Args:
        sets: data sets, none of them empty.
        ratios: their weights; they need not sum to 1.
    """

    def __init__(self, sets: Items[Dataset], ratios: Items[float]) -> None:
        for data in sets:
            if not len(data):
                raise ValueError(f'the set {data.name}/{data.split} holds no sequences.')
        self.sets = list(sets)
        self.shares = np.asarray(ratios, np.float64) / sum(ratios)

    def draw(self, rng: np.random.Generator) -> tuple[Dataset, Sequence]:
        """-> a data set and one of its sequences."""
        data = self.sets[rng.choice(len(self.sets), p=self.shares)]
        return data, data[int(rng.integers(len(data)))]
