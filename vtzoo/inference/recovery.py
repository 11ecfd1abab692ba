"""Lost and found: what a tracker does while its target is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from vtzoo.utils.require import require


@dataclass(frozen=True)
class Recovery:
    """Wait where the target was last seen, look around wider and wider, and take back only a good match.

    While the score is under the tracker's ``lost_threshold`` the search stays around the last box that was
    sure, the templates stay as they are, and the side of the search region grows by ``growth`` a frame. The
    target is found again by a score of ``found`` or more.

    Args:
        growth: the search region's side is multiplied by this with every lost frame.
        most: how many times its usual side it grows at most.
        found: least score of a target that returns; None: 0.1 above the threshold under which it was lost.
    """

    growth: float = 1.05
    most: float = 2.0
    found: float | None = None

    def __post_init__(self) -> None:
        require(1 <= self.growth < 100, f'a search region grows by 1 or more a frame, not growth={self.growth}.')
        require(1 <= self.most <= 16, f'a search region grows 1 to 16 times at most, not most={self.most}.')
        require(self.found is None or 0 <= self.found <= 1, f'a score is in 0..1, not found={self.found}.')

    def wider(self, lost_frames: int) -> float:
        """How many times its usual side the search region has after so many lost frames."""
        if self.growth == 1:
            return 1.0
        return min(self.growth ** min(lost_frames, 1000), self.most)

    def threshold(self, lost_threshold: float, lost_frames: int) -> float:
        """The score that a target needs now."""
        if not lost_frames:
            return lost_threshold
        return min(lost_threshold + 0.1, 1.0) if self.found is None else self.found


def recovery_of(settings: Recovery | Mapping | None) -> Recovery | None:
    """A recovery, or a config's dict of its arguments; None: none.

    Raises:
        ValueError: it has no such argument.
    """
    if not isinstance(settings, Mapping):
        return settings
    known = [field.name for field in fields(Recovery)]
    require(set(settings) <= set(known), f'a recovery has {", ".join(known)}, not {", ".join(settings)}.')
    return Recovery(**settings)
