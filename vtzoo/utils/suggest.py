"""The nearest known name to one that was misspelt, as part of a message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: object, known: Iterable[str], most: int = 1) -> str:
    """``did you mean 'a'?``, or ``did you mean 'a' or 'b'?`` with up to ``most`` names; '' if nothing is near."""
    near = difflib.get_close_matches(str(name), list(known), n=most, cutoff=0.5 if most == 1 else 0.4)
    return f'did you mean {" or ".join(map(repr, near))}?' if near else ''
