"""Figures measured here: from results files into cards, and never without saying where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vtzoo.config import config_name, find_config
from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.evaluation.run_record import RUN_FILE
from vtzoo.evaluation.scored_results import SCORES_FILE
from vtzoo.utils.require import require
from vtzoo.zoo.cards import Card
from vtzoo.zoo.expect import DIGITS
from vtzoo.zoo.schema import COMMIT, DATE, METRIC, PROVENANCE, SHA256, TEXT, one_of, problems

RECORD = dict(config=TEXT, benchmark=lambda value: one_of(*BENCHMARKS)(value), protocol=TEXT,
              metrics=lambda value: None if isinstance(value, dict) and value else 'is a mapping such as {"AO": 61.2}',
              date=DATE, revision=COMMIT, checkpoint_sha256=SHA256, command=TEXT)
"""What a results file says of one run. ``metrics``: name -> value, in percent but for VOT's EAO, A and R."""


def read_results(path: str | Path) -> list[dict[str, Any]]:
    """Records from a JSON file (one of them or a list), or from the folder that ``vtzoo test`` wrote.

    Raises:
        ValueError: a file is not JSON, or a record lacks its provenance; says what is missing.
    """
    path = Path(path)
    found = list(_from_folder(path)) if path.is_dir() else _json(path)
    records = found if isinstance(found, list) else [found]
    if not records:
        raise ValueError(f'{path} holds no results.')
    for i, record in enumerate(records):
        metrics = record.get('metrics') if isinstance(record, dict) else None
        shaped = [dict(type=name, value=value) for name, value in metrics.items()] if isinstance(metrics, dict) else []
        faults = [*problems(record, RECORD, 'it'), *problems(shaped, [METRIC], 'metrics')]
        if faults:
            raise ValueError(f'{path}, result {i + 1} is refused: {"; ".join(faults)}.')
    return records


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text('utf-8'))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ValueError(f'{path} is not a JSON file ({error}).') from error


def _from_folder(folder: Path) -> Iterator[dict[str, Any]]:
    """``vtzoo test`` leaves there what it ran and what came out."""
    run, scores = (_json(folder / name) for name in (RUN_FILE, SCORES_FILE))
    if run.get('partial'):
        raise ValueError(f'{folder} is of a part of {run["benchmark"]}: a card takes results on all of it.')
    command = f'vtzoo test {run["config"]} {run["checkpoint"]} --benchmark {run["benchmark"]}'
    revisions = sorted({session['revision'] for session in run['sessions']})
    if len(revisions) != 1:
        raise ValueError(f'{folder} was made by different revisions of the code ({", ".join(map(str, revisions))}): '
                         'run it anew with one.')
    for protocol, judged in scores.items():
        if judged['scores'] is None:
            raise ValueError(f'{folder} has no scores by {protocol}: sequences are missing.')
        metrics = {name: round(value, 2) for name, value in judged['scores'].items() if METRIC['type'](name) is None}
        yield dict(config=run['config'], benchmark=run['benchmark'], protocol=protocol, metrics=metrics,
                   date=run['sessions'][-1]['started'][:10], revision=revisions[0],
                   checkpoint_sha256=run['checkpoint_sha256'], command=command)


def with_bands(records: Sequence[Mapping[str, Any]], repeats: Sequence[Sequence[Mapping[str, Any]]]
               ) -> list[dict[str, Any]]:
    """The records with a band for each figure: the largest difference between two of its runs.

    Args:
        records: of the run whose figures the card gives.
        repeats: of the other runs: on other machines, with other versions, or of other weights of the same recipe.

    Raises:
        ValueError: a repeat holds nothing of a record's config, benchmark and rules.
    """
    banded = []
    for record in records:
        runs = [record['metrics']]
        for number, repeat in enumerate(repeats, start=1):
            same = [other['metrics'] for other in repeat if _run(other) == _run(record)]
            require(len(same) == 1, f'repeat {number} holds {len(same)} results of {" by ".join(_run(record)[1:])} of '
                                    f'{record["config"]}; one is needed.')
            runs.append(same[0])
        bands = {name: max(DIGITS, round(max(run[name] for run in runs) - min(run[name] for run in runs), 2))
                 for name in record['metrics'] if all(name in run for run in runs)}
        banded.append(dict(record, bands=bands))
    return banded


def _run(record: Mapping[str, Any]) -> tuple[str, str, str]:
    return config_name(find_config(record['config'])), record['benchmark'], record['protocol']


def add_results(card: Card, records: list[Mapping[str, Any]]) -> Card:
    """The card with the records of its configs; each replaces what was measured on its benchmark by its rules."""
    index = {model['name']: list(model['results']) for model in card.data.get('model-index', ())}
    covered = [facts['config'] for facts in card.configs]
    for record in records:
        config = config_name(find_config(record['config']))
        if config not in covered:
            continue
        provenance = {key: record[key] for key in PROVENANCE}
        bands = {metric['type']: metric['band'] for result in index.get(config, []) if _same(result, record)
                 for metric in result['metrics'] if 'band' in metric}  # they outlive the figures they were made for
        bands |= record.get('bands', {})
        kept = [result for result in index.get(config, []) if not _same(result, record)]
        index[config] = [*kept, dict(
            task=dict(type='visual-object-tracking', name='Visual object tracking'),
            dataset=dict(type=record['benchmark'], name=BENCHMARKS[record['benchmark']].title),
            metrics=[dict(type=name, value=value, args=provenance, **({'band': bands[name]} if name in bands else {}))
                     for name, value in record['metrics'].items()])]
    ordered = [dict(name=name, results=index[name]) for name in covered if name in index]
    first = {key: value for key, value in card.data.items() if key not in ('model-index', 'vtzoo')}
    return replace(card, data=first | ({'model-index': ordered} if ordered else {}) | dict(vtzoo=card.data['vtzoo']))


def _same(result: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a card's result was measured here on a record's benchmark by its rules."""
    return 'source' not in result and (result['dataset']['type'], result['metrics'][0]['args']['protocol']) == (
        record['benchmark'], record['protocol'])
