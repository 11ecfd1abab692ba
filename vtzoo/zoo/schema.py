"""What a card's front matter must be: Hugging Face's conventions for model cards, and ours under ``vtzoo``.

Hugging Face's: https://github.com/huggingface/hub-docs/blob/main/modelcard.md; a result that names its
source gives its URL (huggingface_hub, EvalResult). Checked here offline, without their package.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vtzoo.zoo.bibtex import bibliography

Check = Callable[[Any], str | None]
"""A value -> what is wrong with it, or None."""

SHARES, PERCENTS = ('EAO', 'A', 'R'), ('AO', 'SR0.5', 'SR0.75', 'AUC', 'NP', 'P')
"""Metrics between 0 and 1 (VOT), and in percent."""


def must(test: Callable[[Any], Any], what: str) -> Check:
    """A check of one value: it is wrong where the test fails."""
    return lambda value: None if test(value) else what


def or_none(check: Check) -> Check:
    """The same check, passed by null as well."""
    return lambda value: None if value is None else check(value)


def one_of(*known: str) -> Check:
    """One of a few words."""
    return must(lambda value: value in known, f'is one of {", ".join(known)}')


def matching(pattern: str, what: str) -> Check:
    """A text of a certain form."""
    return must(lambda value: isinstance(value, str) and re.fullmatch(pattern, value), what)


TEXT = must(lambda value: isinstance(value, str) and value.strip(), 'is a text')
COUNT = must(lambda value: type(value) is int and value >= 0, 'is a whole number')
NUMBER = must(lambda value: type(value) in (int, float) and math.isfinite(value), 'is a number')
URL = matching(r'https?://\S+', 'is a URL')
SHA256 = matching('[0-9a-f]{64}', 'is a SHA-256: 64 hexadecimal digits')
DATE = matching(r'\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])', 'is a date such as 2026-01-31, in quotes')
COMMIT = matching('[0-9a-f]{7,40}', 'is a git commit, without the + of changes that were never committed')

def _benchmark(value: Any) -> str | None:
    from vtzoo.evaluation.benchmarks import BENCHMARKS

    return one_of(*BENCHMARKS)(value)


PROVENANCE = dict(protocol=TEXT, date=DATE, revision=COMMIT, checkpoint_sha256=SHA256, command=TEXT)
"""What a measured figure must say of itself."""

METRIC = {'type': one_of(*PERCENTS, *SHARES), 'value': NUMBER, 'args?': PROVENANCE,
          'band?': must(lambda value: NUMBER(value) is None and value >= 0, 'is a number from 0')}
RESULT = {
    'task': dict(type=one_of('visual-object-tracking'), name=TEXT),
    'dataset': {'type': _benchmark, 'name': TEXT, 'split?': TEXT},
    'metrics': [METRIC], 'source?': dict(name=TEXT, url=URL)}
PUBLISHED_COST = dict(parameters=or_none(COUNT), macs=or_none(COUNT), source=dict(name=TEXT, url=URL))
CONFIG = {
    'config': TEXT, 'parts': {
        **{f'{name}{"?" * (name == "confidence")}': dict(type=TEXT, parameters=COUNT)
           for name in ('backbone', 'fusion', 'head', 'confidence')}, 'losses': [TEXT]},
    'parameters': COUNT, 'macs': dict(templates=COUNT, frame=COUNT),
    'input': dict(template=COUNT, search=COUNT, templates=COUNT),
    'training': {'sets': [TEXT], 'epochs': COUNT, 'samples': COUNT, 'batch': COUNT, 'lr': NUMBER,
                 'pretrained?': or_none(TEXT), 'stage1?': TEXT},
    'tracking': dict(ranking=TEXT, templates=TEXT), 'published_cost?': PUBLISHED_COST}
PAPER = dict(title=TEXT, authors=[TEXT], venue=TEXT, year=COUNT, arxiv=or_none(TEXT),
             bibtex=lambda value: None if value in bibliography() else 'is a key of vtzoo/zoo/references.bib')
WEIGHTS = dict(configs=[TEXT], url=or_none(URL), sha256=or_none(SHA256), licence=TEXT)
FRONT_MATTER = {
    'license': one_of('apache-2.0'), 'library_name': one_of('vtzoo'), 'tags': [TEXT],
    'model-index?': [dict(name=TEXT, results=[RESULT])],
    'vtzoo': {'paper': PAPER, 'weights': [WEIGHTS], 'configs': [CONFIG]}}


def problems(value: Any, shape: Any = FRONT_MATTER, where: str = '') -> Iterator[str]:
    """What is wrong with a value, one sentence each. A name with ? may be left out; ``paper`` may be null."""
    if callable(shape):
        if wrong := shape(value):
            yield f'{where} {wrong}, not {value!r}'
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f'{where} is a list, not {value!r}'
            return
        for i, item in enumerate(value):
            yield from problems(item, shape[0], f'{where}[{i}]')
    elif value is None and shape is PAPER:
        return
    elif not isinstance(value, dict):
        yield f'{where or "the front matter"} is a mapping, not {value!r}'
    else:
        known = {name.rstrip('?'): name for name in shape}
        yield from (f'{where} has no place for {name!r}' for name in value if name not in known)
        yield from (f'{where} lacks {name!r}'.strip() for name, full in known.items()
                    if name not in value and not full.endswith('?'))
        for name in known:
            if name in value:
                yield from problems(value[name], shape[known[name]], f'{where}.{name}'.lstrip('.'))


def figure_problems(data: Mapping[str, Any]) -> Iterator[str]:
    """What the shape alone cannot say: every figure has a source or a provenance, and can be true."""
    for model in data.get('model-index', ()):
        for result in model['results']:
            where = f'{model["name"]} on {result["dataset"]["type"]}'
            if not result['metrics']:
                yield f'{where}: a result without figures'
            for metric in result['metrics']:
                measured, published = 'args' in metric, 'source' in result
                if measured == published:
                    yield (f'{where}, {metric["type"]}: a figure is published and has a source, or was measured here '
                           'and has args that say how; write one of them')
                most = 1 if metric['type'] in SHARES else 100
                if not 0 <= metric['value'] <= most:
                    yield f'{where}: {metric["type"]} lies between 0 and {most}, not at {metric["value"]}'
