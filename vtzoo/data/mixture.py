"""Several data sets, drawn from by ratio."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from vtzoo.data.sequence import Dataset, TrackingSequence


class Mixture:
    """A data set is drawn by its ratio, then one of its sequences.

    Args:
        sets: data sets, none of them empty.
        ratios: their weights; they need not sum to 1.
        by_image: for each set, whether its images are drawn uniformly, then one of an image's objects
            (SparseTT, for sets of images), or its sequences uniformly; None: sequences.
    """

    def __init__(self, sets: Sequence[Dataset], ratios: Sequence[float],
                 by_image: Sequence[bool] | None = None) -> None:
        for data in sets:
            if not len(data):
                raise ValueError(f'the set {data.name}/{data.split} holds no sequences.')
        self.sets = list(sets)
        self.shares = np.asarray(ratios, np.float64) / sum(ratios)
        self.cumulated = [_by_image(data) if by else None
                          for data, by in zip(sets, by_image or [False] * len(sets), strict=True)]
        self.own: np.random.Generator | None = None

    def drawn_by(self, own: np.random.Generator) -> Mixture:
        """The same sets, whose sequences follow a generator of their own, not the caller's."""
        mixture = copy(self)
        mixture.own = own
        return mixture

    def draw(self, rng: np.random.Generator) -> tuple[Dataset, TrackingSequence]:
        """-> a data set and one of its sequences."""
        rng = self.own or rng
        which = rng.choice(len(self.sets), p=self.shares)
        data, cumulated = self.sets[which], self.cumulated[which]
        if cumulated is None:
            return data, data[int(rng.integers(len(data)))]
        return data, data[int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side='right'))]


def _by_image(data: Dataset) -> np.ndarray:
    """Sums of the sequences' weights: 1 over the objects of their image."""
    try:
        return np.cumsum(1 / data.first('objects'))
    except (AttributeError, KeyError) as error:
        raise ValueError(f'by_image=True draws an image, then one of its objects; {data.name}/{data.split} does not '
                         'count the objects of its images: leave by_image out.') from error
