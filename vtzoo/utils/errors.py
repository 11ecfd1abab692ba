"""Failures of a run that a sentence explains; the command line prints it without a traceback."""

from __future__ import annotations

from collections.abc import Iterable

from vtzoo.utils.names import show


class ListError(ValueError):
    """A sentence and a list below it: several things that are wrong, or what another program said.

    Args:
        sentence: without a line break.
        lines: the list; they may come from outside.
    """

    def __init__(self, sentence: str, lines: Iterable[str]) -> None:
        self.lines = [sentence, *(f'  {show(line)}' for line in lines)]
        super().__init__('\n'.join(self.lines))


class RunError(RuntimeError):
    """A run cannot go on; the message says why and what to do."""
