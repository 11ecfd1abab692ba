"""Checks whose failure is one sentence that says what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from vtzoo.utils.suggest import did_you_mean


def require(condition: bool, otherwise: str) -> None:
    """Raise ValueError with one sentence unless the condition holds."""
    if not condition:
        raise ValueError(otherwise)


def require_known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """A part of a config holds known names only."""
    known = sorted(known)
    for name in given:
        require(name in known, f'{what} takes no {name!r}; '
                + (did_you_mean(name, known) or f'it takes: {", ".join(known)}.'))
