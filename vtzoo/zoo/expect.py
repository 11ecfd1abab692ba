"""A re-run held against what a card says was measured here: each figure lies in its band, or it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vtzoo.evaluation.scored_results import Judged
from vtzoo.evaluation.tables import Table
from vtzoo.utils.require import require
from vtzoo.zoo.cards import Card, all_cards, model_card, read_card

DIGITS = 0.01
"""The band of a figure whose card gives none: cards keep two decimals, and a run on the same machine repeats them."""


class Expected(NamedTuple):
    """One figure of a card: percent, the same measure's band on either side, and whose rules gave it."""

    protocol: str
    metric: str
    value: float
    band: float | None
    checkpoint: str


def find_card(name: str) -> Card:
    """A card by its file, by its own name, or by a config it covers.

    Raises:
        ValueError: there is no such card.
    """
    if Path(name).suffix == '.md':
        require(Path(name).is_file(), f'there is no card {name}.')
        return read_card(Path(name))
    return next((card for card in all_cards() if card.name == name), None) or model_card(name).card


def expected(card: Card, config: str, benchmark: str, protocols: Sequence[str]) -> list[Expected]:
    """What a card says was measured here of a config on a benchmark, by the first of the protocols it has.

    Raises:
        ValueError: it says nothing of that; says what there is.
    """
    measured = [(result['dataset']['type'], metric) for result in card.results(config) if 'source' not in result
                for metric in result['metrics'] if 'args' in metric]
    for protocol in protocols:
        found = [metric for place, metric in measured
                 if place == benchmark and metric['args']['protocol'] == protocol]
        if found:
            return [Expected(protocol, metric['type'], metric['value'], metric.get('band'),
                             metric['args']['checkpoint_sha256']) for metric in found]
    there = sorted({f'{place} by {metric["args"]["protocol"]}' for place, metric in measured})
    raise ValueError(f'{card.path.name} has no figure of {config} that was measured here on {benchmark} by '
                     f'{" or ".join(protocols) or "any rules"}; it has: {", ".join(there) or "none of this config"}.')


def hold(figures: Sequence[Expected], judged: Judged, tracker: str) -> tuple[Table, bool]:
    """-> a row for each figure with both numbers, and whether all lie in their bands.

    Args:
        figures: what a card says.
        judged: what the re-run gives.
        tracker: which of those that were judged.
    """
    rows = []
    for one in figures:
        scores = judged.get(one.protocol, {}).get(tracker)
        now = None if scores is None or scores.faults else scores.overall.get(one.metric)
        band = DIGITS if one.band is None else one.band
        passed = now is not None and abs(round(now, 2) - one.value) <= band + 1e-9
        rows.append([one.protocol, one.metric, float(one.value), f'± {band:g}', now, 'pass' if passed else 'FAIL'])
    columns = ['protocol', 'measure', "the card's", 'band', 'this run', 'verdict']
    return Table('Held against the card', columns, rows), all(row[-1] == 'pass' for row in rows)


def remarks(figures: Sequence[Expected], digest: str | None) -> list[str]:
    """What else to know of the comparison: sentences."""
    said = []
    if any(one.band is None for one in figures):
        said.append(f'the card gives no band for some figures: they are held to its two decimals, ± {DIGITS:g}.')
    if digest not in {one.checkpoint for one in figures}:
        said.append('these are other weights than those that the card measured.')
    return said
