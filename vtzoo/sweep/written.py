"""What varies and what it may cost, as written in a shell."""

from __future__ import annotations

import ast
import re
from typing import Any

from vtzoo.sweep.plan import Budget


def parse_vary(text: str) -> tuple[str, list[Any]]:
    """'model.head.type=[CornerHead,QueryHead]' -> the key and its values."""
    key, sign, values = text.partition('=')
    values = values.strip()
    if not sign or not key or not (values.startswith('[') and values.endswith(']')):
        raise ValueError(f'what varies is written KEY=[A,B], such as model.head.type=[CornerHead,QueryHead], '
                         f'not {text!r}.')
    found = [_value(part) for part in split_values(values[1:-1])]
    if not found:
        raise ValueError(f'{key} takes no value: write {key}=[A,B].')
    return key, found


def split_values(text: str) -> list[str]:
    """At the commas that stand outside brackets and quotes."""
    parts, depth, quote, part = [], 0, '', ''
    for sign in text:
        if quote:
            quote = '' if sign == quote else quote
        elif sign in '\'"':
            quote = sign
        else:
            depth += (sign in '([{') - (sign in ')]}')
        if sign == ',' and depth == 0 and not quote:
            parts.append(part)
            part = ''
        else:
            part += sign
    return [one.strip() for one in [*parts, part] if one.strip()]


def _value(text: str) -> Any:
    """A Python literal, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def parse_budget(text: str | None) -> Budget | None:
    """'500steps' or '10min' -> a budget."""
    if text is None:
        return None
    found = re.fullmatch(r'\s*(\d+(?:\.\d+)?)\s*(steps?|min|minutes?)\s*', text)
    if found is None:
        raise ValueError(f'a budget is written 500steps or 10min, not {text!r}.')
    return Budget(steps=int(found[1])) if found[2].startswith('step') else Budget(minutes=float(found[1]))
