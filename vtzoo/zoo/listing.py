"""The zoo at a glance: lists as wide as the window, and the table in model_cards/README.md."""

from __future__ import annotations

import fnmatch
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from vtzoo.utils.formats import columns_shown, columns_text, markdown_table, millions, operations
from vtzoo.zoo.bibtex import short_of
from vtzoo.zoo.card_text import figure, short
from vtzoo.zoo.cards import Card, all_cards
from vtzoo.zoo.names import PARTS, list_models
from vtzoo.zoo.parts import known_parts

KINDS = {'backbones': 'backbone', 'fusions': 'fusion', 'heads': 'head', 'confidences': 'confidence', 'losses': 'loss'}
"""What ``vtzoo list`` takes -> the kind of part."""

GROUPS = {'': 'Trackers', 'hybrids': 'Hybrids', 'nano': 'Nano', 'ablations': 'Ablations'}
"""Folders of configs, in the order in which they are shown."""

MAIN = ('AUC', 'AO', 'EAO')
"""The metrics that benchmarks rank by."""

NUMBERS = ('parameters', 'MACs/frame')
"""Columns that are aligned to the right."""


def list_text(what: str = 'models', pattern: str = '*') -> str:
    """A list of models or of one kind of part.

    Args:
        what: 'models' or one of KINDS.
        pattern: shell pattern that a name must match, or for a model the type of one of its parts; a plain word may
            stand anywhere in it.

    Raises:
        ValueError: nothing matches.
    """
    pattern = _loose(pattern)
    rows = list(_models(pattern) if what == 'models' else _parts(KINDS[what], pattern))
    if not rows:
        raise ValueError(f'no {what} match {pattern!r}: `vtzoo list {what}` shows all of them.')
    if what == 'models':
        return columns_text(('config', 'parameters', 'MACs/frame', 'published (measured here)'), rows, NUMBERS)
    head = f'{KINDS[what]:<22}{"parameters":<20}{"configs":>7}  papers'
    return '\n'.join([head, *(line for row in rows for line in row)])


def _matches(pattern: str, words: list[str]) -> bool:
    return any(fnmatch.fnmatch(word.lower(), pattern.lower()) for word in words)


def _models(pattern: str) -> Iterator[tuple[str, ...]]:
    for card, facts in _chosen(pattern):
        yield (facts['config'], millions(facts['parameters']), operations(facts['macs']['frame']),
               _main_results(card, facts))
    for name in configs_without_card():
        if _matches(pattern, [name]):
            yield name, '?', '?', 'no card: `vtzoo card new` drafts it'


def configs_without_card() -> list[str]:
    """The names of configs that no card covers."""
    covered = {facts['config'] for _, facts in _covered()}
    return [name for name in list_models() if name not in covered]


def chosen_models(pattern: str = '*') -> list[tuple[Card, dict[str, Any]]]:
    """The configs that match, see :func:`list_text`, each with its card.

    Raises:
        ValueError: nothing matches.
    """
    found = list(_chosen(_loose(pattern)))
    if not found:
        raise ValueError(f'no models match {pattern!r}: `vtzoo list` shows all of them.')
    return found


def _chosen(pattern: str) -> Iterator[tuple[Card, dict[str, Any]]]:
    for card, facts in sorted(_covered(), key=lambda pair: _place(_group(pair[1]))):
        types = [facts['parts'][name]['type'] for name in PARTS if name in facts['parts']]
        if _matches(pattern, [facts['config'], *types, *facts['parts']['losses']]):
            yield card, facts


def _loose(pattern: str) -> str:
    """A plain word may stand anywhere."""
    return pattern if any(c in pattern for c in '*?[') else f'*{pattern}*'


def _covered() -> Iterator[tuple[Card, dict[str, Any]]]:
    """Every config with its card."""
    return ((card, facts) for card in all_cards() for facts in card.configs)


def _group(facts: Mapping[str, Any]) -> str:
    """The folder of a config; the empty one holds the published trackers."""
    return facts['config'].rpartition('/')[0]


def _place(group: str) -> tuple[int, str]:
    """The folders that are known, in their order, then others by name."""
    return ([*GROUPS, group].index(group), group)


def _wrapped(prefix: str, text: str) -> str:
    """A row whose last cell runs on below itself."""
    return textwrap.fill(prefix + text, columns_shown(), subsequent_indent=' ' * len(prefix)).rstrip()


def _main_results(card: Card, facts: Mapping[str, Any]) -> str:
    """LaSOT 69.2, TrackingNet 83.1: one figure a benchmark, those measured here in parentheses."""
    published, measured = (main_results(card, facts, published=known) for known in (True, False))
    return ', '.join([*(f'{name} {value}' for name, value in published.items()),
                      *(f'{name} ({value})' for name, value in measured.items())])


def main_results(card: Card, facts: Mapping[str, Any], published: bool) -> dict[str, str]:
    """Benchmark -> the figure that it ranks by, of those that others published or of those measured here."""
    found: dict[str, str] = {}
    for result in card.results(facts['config']):
        metric = next((metric for metric in result['metrics'] if metric['type'] in MAIN), None)
        if metric is not None and ('source' in result) == published:
            found.setdefault(result['dataset']['name'], figure(metric))
    return found


def _parts(kind: str, pattern: str) -> Iterator[tuple[str, ...]]:
    """Of every part two lines: how large it is and where it is used, then what it is."""
    used = _uses(kind)
    for name, part in known_parts(kind).items():
        if _matches(pattern, [name]):
            counts = sorted(used.get(name, []))
            extent = dict.fromkeys(map(millions, [counts[0], counts[-1]])) if counts and kind != 'loss' else ()
            first = f'{name:<22}{" to ".join(extent):<20}{len(counts):>7}  '
            yield _wrapped(first, short_of(part)), _wrapped('  ', part.summary)


def _uses(kind: str) -> dict[str, list[int]]:
    """Type -> its parameters in each config of the zoo that has it."""
    used: dict[str, list[int]] = {}
    for _, facts in _covered():
        parts = facts['parts']
        if kind == 'loss':
            found = [(name, 0) for name in [*parts['losses'], *(['CrossEntropyLoss'] if 'confidence' in parts else [])]]
        else:
            found = [(parts[kind]['type'], parts[kind]['parameters'])] if kind in parts else []
        for name, count in found:
            used.setdefault(name, []).append(count)
    return used


def index_text() -> str:
    """model_cards/README.md: every config of the zoo in one table."""
    columns = ['config', 'parts', 'parameters', 'MACs templates', 'MACs frame', 'published (measured here)']
    text = ['# The zoo',
            'Written by `vtzoo card index` from the cards; edit those. Parameters and MACs are counted from the '
            'configs: MACs once to memorize the templates, then for every frame. Results are AUC or AO in percent, EAO '
            'for VOT; where each is from stands in its card. `vtzoo list` shows the same in a terminal.']
    others = sorted({_group(facts) for _, facts in _covered()} - set(GROUPS))
    for group, title in [*GROUPS.items(), *((group, group.capitalize()) for group in others)]:
        rows = [[f'[{short(facts)}]({card.name}.md)',
                 ' + '.join(facts['parts'][name]['type'] for name in PARTS if name in facts['parts']),
                 millions(facts['parameters']), *map(operations, facts['macs'].values()), _main_results(card, facts)]
                for card, facts in _covered() if _group(facts) == group]
        text += [f'## {title}', markdown_table(columns, rows, tuple(columns[2:5]))]
    return '\n\n'.join(text) + '\n'
