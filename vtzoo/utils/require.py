"""Checks whose failure is one sentence that says what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def require(condition: bool, otherwise: str) -> None:
    """Raise ValueError with one sentence unless the condition holds."""
    if not condition:
        raise ValueError(otherwise)


def require_known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """A part of a config holds known names only."""
    known = sorted(known)
    for name in given:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        require(name in known, f'{what} takes no {name!r}; '
                              + (f'did you mean {near[0]!r}?' if near else f'it takes: {", ".join(known)}.'))
