"""The zoo as data: one row a config, with its parts, its cost, its weights and its results, as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from vtzoo.checkpoints.cache import cache_folder, page_of, record_of, released
from vtzoo.checkpoints.shipped import shipped_configs, shipped_file
from vtzoo.zoo.cards import Card
from vtzoo.zoo.listing import chosen_models, main_results
from vtzoo.zoo.names import PARTS

FORMATS = ('text', 'csv', 'json')


def table_text(form: str, pattern: str = '*', with_weights: bool = False) -> str:
    """The table in one of FORMATS but text; all models, or those with weights.

    Raises:
        ValueError: nothing matches the pattern.
    """
    rows = [row for row in model_rows(pattern) if row['weights'] or not with_weights]
    if not rows:
        raise ValueError(f'no model that matches {pattern!r} has weights.')
    if form == 'json':
        return json.dumps(rows, indent=1)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator='\n')
    writer.writeheader()
    for row in rows:
        writer.writerow({key: '; '.join(f'{k}={v}' for k, v in value.items()) if isinstance(value, dict) else value
                         for key, value in row.items()})
    return out.getvalue().rstrip('\n')


def model_rows(pattern: str = '*') -> Iterator[dict[str, Any]]:
    """One row a config; None: there is none, or it is not known."""
    for card, facts in chosen_models(pattern):
        parts = {name: facts['parts'].get(name, {}).get('type') for name in PARTS}
        published, measured = (main_results(card, facts, published=known) for known in (True, False))
        yield dict(config=facts['config'], **parts, losses=' '.join(facts['parts']['losses']),
                   parameters=facts['parameters'], macs_frame=facts['macs']['frame'],
                   **weights_of(facts['config'], card), published=published, measured=measured)


def weights_of(config: str, card: Card | None = None) -> dict[str, Any]:
    """What weights of a config there are: 'shipped', 'released' or None; bytes, licence, where, SHA-256, tried."""
    if config in shipped_configs():
        path = shipped_file(config)
        stated = card.data['vtzoo']['weights'] if card is not None else []
        licence = next((one['licence'] for one in stated if config in one['configs']), 'Apache-2.0')
        return dict(weights='shipped', weights_bytes=path.stat().st_size, licence=licence, address=str(path.name),
                    here=True, tried=True)
    row = released().get(config)
    if row is None:
        return dict(weights=None, weights_bytes=None, licence=None, address=None, here=False, tried=None)
    about = record_of(cache_folder() / row.file)
    size = about['bytes'] if about else int(row.bytes) if row.bytes else None
    return dict(weights='released', weights_bytes=size, licence=row.licence, address=page_of(row.address),
                here=about is not None, tried=row.tried == 'yes')


def weights_text(pattern: str = '*') -> str:
    """For a terminal: the configs with weights, and what is published of them."""
    rows = sorted((row for row in model_rows(pattern) if row['weights']), key=lambda row: row['weights'] != 'shipped')
    if not rows:
        raise ValueError(f'no config that matches {pattern!r} has weights: `vtzoo list --weights` shows those that do.')
    lines = [f'{"config":<26}{"weights":<10}{"here":<6}{"size":>9}  licence']
    for row in rows:
        size = f'{row["weights_bytes"] / 1e6:.1f} MB' if row['weights_bytes'] else '?'
        lines.append(f'{row["config"]:<26}{row["weights"]:<10}{"yes" if row["here"] else "no":<6}{size:>9}  '
                     f'{row["licence"]}')
        results = ', '.join(f'{name} {value}' for name, value in (row['published'] or row['measured']).items())
        if results:
            lines.append(f'  {"published" if row["published"] else "measured here"}: {results}')
    return '\n'.join([*lines, '?: not known before it is downloaded. `vtzoo weights list` shows the addresses.'])
