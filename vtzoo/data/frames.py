"""Which frames make a training sample: the released samplers, and what they meant.

A sampler draws from a mixture of data sets and gives a :class:`Draw`, or None where what it drew does
not serve; then the caller draws again. Sources: lib/train/data/sampler.py of MixFormer (after STARK),
videoanalyst/data/sampler/sampler_impl/track_pair_sampler.py of SparseTT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vtzoo.data.mixture import Mixture
from vtzoo.data.sequence import TrackingSequence
from vtzoo.registry import FRAME_SAMPLERS


class Pick(NamedTuple):
    """One frame of a sequence; ``centred``: its box is replaced by one in the middle of the image."""

    sequence: TrackingSequence
    frame: int
    centred: bool = False

    def __str__(self) -> str:
        return f'{self.sequence.name}:{self.frame}'


class Draw(NamedTuple):
    """The frames of one sample. positive: the search frame shows the target."""

    templates: tuple[Pick, ...]
    search: Pick
    positive: bool


class FrameSampler:
    """Args: templates: how many per sample, the static one first."""

    def __init__(self, templates: int = 1) -> None:
        self.templates = templates

    def draw(self, rng: np.random.Generator, mixture: Mixture) -> Draw | None:
        """One sample's frames, or None where the sequence drawn has none that serve."""
        raise NotImplementedError


def _among(rng: np.random.Generator, mask: np.ndarray, low: int, high: int, n: int = 1) -> list[int] | None:
    """n frames drawn, with repetition, from those marked in [low, high); None where there is none."""
    low, high = max(low, 0), min(high, len(mask))
    frames = low + np.flatnonzero(mask[low:high]) if low < high else ()
    return [int(f) for f in rng.choice(frames, n)] if len(frames) else None


class _Video(FrameSampler):
    """Samplers that need a sequence with enough visible frames."""

    def serves(self, sequence: TrackingSequence) -> bool:
        """More than 2 (1 + templates) visible frames, and 20 or more in all, as released."""
        return int(sequence.visible.sum()) > 2 * (1 + self.templates) and len(sequence) >= 20

    def draw(self, rng: np.random.Generator, mixture: Mixture) -> Draw | None:
        data, sequence = mixture.draw(rng)
        if not data.is_video:
            return Draw((Pick(sequence, 0),) * self.templates, Pick(sequence, 0), True)
        if not self.serves(sequence):
            return None
        frames = self.frames(rng, sequence.visible)
        if frames is None:
            return None
        *templates, search = (Pick(sequence, frame) for frame in frames)
        return Draw(tuple(templates), search, True)

    def frames(self, rng: np.random.Generator, visible: np.ndarray) -> list[int] | None:
        """Static template, online templates, search frame."""
        raise NotImplementedError


@FRAME_SAMPLERS.register_module()
class Causal(_Video):
    """Online templates before the static one, the search frame after it: MixFormer's first stage.

    Args:
        gap: most frames between the static template and the others; grows by 5 while none is found.
        templates: see :class:`FrameSampler`.
    """

    def __init__(self, gap: int = 200, templates: int = 2) -> None:
        super().__init__(templates)
        self.gap = gap

    def frames(self, rng: np.random.Generator, visible: np.ndarray) -> list[int] | None:
        for gap in range(self.gap, self.gap + len(visible) + 5, 5):
            static = _among(rng, visible, self.templates - 1, len(visible) - 1)
            if static is None:
                return None
            online = _among(rng, visible, static[0] - gap, static[0], self.templates - 1)
            search = _among(rng, visible, static[0] + 1, static[0] + gap)
            if search is not None and (online is not None or self.templates == 1):
                return [*static, *(online or ())[:self.templates - 1], *search]
        return None


@FRAME_SAMPLERS.register_module()
class Trident(_Video):
    """Static template and search frame anywhere, online templates near the search frame, on the static side.

    Args:
        gap: most frames between an online template and the search frame.
        templates: see :class:`FrameSampler`.
        positive: share of positive samples. Negatives (for the SPM): an invisible frame of the same
            sequence with a box in the middle; where there is none, a frame of another draw.
    """

    any_frame = False

    def __init__(self, gap: int = 200, templates: int = 2, positive: float = 1.0) -> None:
        super().__init__(templates)
        self.gap, self.positive = gap, positive

    def draw(self, rng: np.random.Generator, mixture: Mixture) -> Draw | None:
        drawn = super().draw(rng, mixture)
        if drawn is None or rng.random() < self.positive:
            return drawn
        search = self._negative(rng, mixture, drawn.search.sequence)
        return None if search is None else Draw(drawn.templates, search, False)

    def frames(self, rng: np.random.Generator, visible: np.ndarray) -> list[int] | None:
        (static,), (search,) = _among(rng, visible, 0, len(visible)), _among(rng, visible, 0, len(visible))
        low, high = (search, search + self.gap) if static >= search else (search - self.gap, search)
        allowed = np.ones_like(visible) if self.any_frame else visible
        online = _among(rng, allowed, low, high, self.templates - 1)
        if online is None:
            return None
        return [static, *online[:self.templates - 1], search]

    def _negative(self, rng: np.random.Generator, mixture: Mixture, sequence: TrackingSequence) -> Pick | None:
        hidden = _among(rng, ~sequence.visible, 0, len(sequence)) if len(sequence) > 1 else None
        if hidden is not None:
            return Pick(sequence, hidden[0], centred=True)
        data, other = mixture.draw(rng)
        if data.is_video and not self.serves(other):
            return None
        return Pick(other, int(rng.integers(len(other))))


@FRAME_SAMPLERS.register_module()
class TridentPro(Trident):
    """Trident whose online templates need not be visible: MixFormer's second stage."""

    any_frame = True


@FRAME_SAMPLERS.register_module()
class Pair(FrameSampler):
    """Two frames of a sequence, visible or not: SparseTT's.

    Args:
        gap: most frames between the first template and the others.
        open_end: the upper bound of the gap is lost, as in the released code.
        negatives: share of pairs whose frames come from two independent draws.
        templates: see :class:`FrameSampler`.
    """

    def __init__(self, gap: int = 100, open_end: bool = False, negatives: float = 0.0, templates: int = 1) -> None:
        super().__init__(templates)
        self.gap, self.open_end, self.negatives = gap, open_end, negatives

    def draw(self, rng: np.random.Generator, mixture: Mixture) -> Draw | None:
        positive = rng.random() >= self.negatives
        _, sequence = mixture.draw(rng)
        first = int(rng.integers(len(sequence)))
        others = self._within(rng, len(sequence), first, self.templates)
        templates = (first, *others[1:])
        search = Pick(sequence, others[0])
        if not positive:
            _, other = mixture.draw(rng)
            search = Pick(other, int(rng.integers(len(other))))
        return Draw(tuple(Pick(sequence, frame) for frame in templates), search, positive)

    def _within(self, rng: np.random.Generator, length: int, first: int, n: int) -> Sequence[int]:
        high = length if self.open_end else min(first + self.gap + 1, length)
        return [int(f) for f in rng.integers(max(first - self.gap, 0), high, n)]
