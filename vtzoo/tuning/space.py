"""Which online settings are searched, and where they may be tuned: on validation sequences, never on a test set."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vtzoo.evaluation.benchmarks import BENCHMARKS, EMBEDDED_VAL, Benchmark, find_benchmark
from vtzoo.registry import RANKINGS, TEMPLATE_UPDATES, build
from vtzoo.utils.require import require


class Range(NamedTuple):
    """From low to high, whole numbers on a logarithmic scale where ``whole``; default: what the config says."""

    low: float
    high: float
    whole: bool
    default: float


KNOWN = {'ranking.penalty': (0.0, 0.5, False), 'ranking.window': (0.0, 0.6, False), 'ranking.rate': (0.05, 1.0, False),
         'templates.interval': (5, 200, True), 'templates.threshold': (0.3, 0.9, False)}
"""Settings by name and their usual ranges; a config's own value widens them."""


def space_of(settings: Mapping[str, Any]) -> dict[str, Range]:
    """What can be searched of a config's online settings: what its ranking and its template update have.

    Raises:
        ValueError: they have nothing.
    """
    parts = dict(ranking=build(RANKINGS, settings.get('ranking') or dict(type='Best')),
                 templates=build(TEMPLATE_UPDATES, settings.get('templates') or dict(type='FirstOnly')))
    found = {}
    for name, (low, high, whole) in KNOWN.items():
        part, key = name.split('.')
        value = getattr(parts[part], key, None)
        if isinstance(value, int | float):
            found[name] = Range(min(low, value), max(high, value), whole, value)
    require(bool(found), f'{type(parts["ranking"]).__name__} and {type(parts["templates"]).__name__} have nothing to '
                         f'tune; known: {", ".join(KNOWN)}.')
    return found


def changed(settings: Mapping[str, Any], values: Mapping[str, float]) -> dict[str, Any]:
    """Online settings with some values changed."""
    new = copy.deepcopy(dict(settings))
    for name, value in values.items():
        part, key = name.split('.')
        new[part] = {**(new.get(part) or dict(type=dict(ranking='Best', templates='FirstOnly')[part])), key: value}
    return new


def validation(name: str) -> Benchmark:
    """A benchmark to tune on: the embedded set's or a data set's validation split, or one's own folder.

    Raises:
        ValueError: it is a test set, or there is none of that name.
    """
    benchmark = find_benchmark(name)
    allowed = [EMBEDDED_VAL.name, *(one.name for one in BENCHMARKS.values() if one.reader.get('split') == 'val'),
               'own:FOLDER']
    if name.startswith('own:'):
        require(Path(name.removeprefix('own:')).name.lower() not in ('test', 'testing'),
                f'{name} is a test set by its name, and settings are tuned on validation sequences: name a folder of '
                'those.')
    else:
        require(name in allowed, f'{name} is a test set, and settings tuned on it would be measured on what they were '
                                 f'fitted to: tune on one of {", ".join(allowed)}.')
    return benchmark
