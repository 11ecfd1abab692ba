"""When the templates change: MixFormer's update policies. One object serves one video.

A policy replaces what it holds and changes nothing in place, so that a copy of it keeps an earlier moment.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vtzoo.registry import TEMPLATE_UPDATES
from vtzoo.utils.require import require

Cut = Callable[[], Tensor]
"""Cuts a template (1, 3, h, w), normalised, at the box just found."""


@TEMPLATE_UPDATES.register_module()
class FirstOnly:
    """The first template for the whole video.

    Args:
        copies: how many times it is held. MixFormer is trained on a static and an online template, and
            three copies of one differ slightly from one: its configs hold it twice.
    """

    needs_score = False

    def __init__(self, copies: int = 1) -> None:
        require(copies > 0, f'the first template is held at least once: write copies=1, not {copies}.')
        self.copies = copies

    def start(self, first: Tensor) -> Tensor:
        """The first template (1, 3, h, w) -> templates (T, 3, h, w) to start with."""
        self.first = first
        return first.expand(self.copies, -1, -1, -1)

    def step(self, frame: int, score: float | None, cut: Cut) -> Tensor | None:
        """After frame 1, 2, ...: new templates (T, 3, h, w), or None where they stay."""
        return None


@TEMPLATE_UPDATES.register_module()
class EveryInterval(FirstOnly):
    """The online template is cut anew every ``interval`` frames, whatever the score (released offline tracker)."""

    def __init__(self, interval: int = 200) -> None:
        require(interval > 0, f'templates are updated every 1 or more frames, not interval={interval}.')
        super().__init__(copies=2)
        self.interval = interval

    def step(self, frame: int, score: float | None, cut: Cut) -> Tensor | None:
        return torch.cat([self.first, cut()]) if frame % self.interval == 0 else None


@TEMPLATE_UPDATES.register_module()
class HighestScore(FirstOnly):
    """Of every ``interval`` frames the one with the highest score becomes an online template.

    The best crop needs a score above ``threshold``; without one, the first template is stored again.
    Online templates fill ``online`` places, then replace the oldest. MixFormer, section 3.3; released
    file lib/test/tracker/mixformer_cvt_online.py.

    Args:
        interval: frames between updates.
        online: places for online templates; the first is a copy of the first template at the start.
        threshold: least score of a template.
        decay: the best score so far is multiplied by this every frame.
    """

    needs_score = True

    def __init__(self, interval: int = 200, online: int = 1, threshold: float = 0.5, decay: float = 1.0) -> None:
        require(interval > 0, f'templates are updated every 1 or more frames, not interval={interval}.')
        require(online > 0, f'HighestScore keeps at least one online template, not online={online}: '
                           "write templates=dict(type='FirstOnly') for none.")
        super().__init__(copies=2)
        self.interval, self.online, self.threshold, self.decay = interval, online, threshold, decay

    def start(self, first: Tensor) -> Tensor:
        self.kept, self.oldest = [first], 0
        self._forget(first)
        return super().start(first)

    def step(self, frame: int, score: float | None, cut: Cut) -> Tensor | None:
        self.best_score *= self.decay
        if score > self.threshold and score > self.best_score:
            self.best, self.best_score = cut(), score
        if frame % self.interval:
            return None
        if self.online > 1 and len(self.kept) < self.online:
            self.kept = [*self.kept, self.best]
        else:
            self.kept = [*self.kept[:self.oldest], self.best, *self.kept[self.oldest + 1:]]
            self.oldest = (self.oldest + 1) % self.online
        self._forget(self.first)
        return torch.cat([self.first, *self.kept])

    def _forget(self, first: Tensor) -> None:
        self.best, self.best_score = first, -1.0
