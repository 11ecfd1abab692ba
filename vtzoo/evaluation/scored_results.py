"""From a set and folders of results to scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vtzoo.data.sequence import Dataset
from vtzoo.evaluation.benchmarks import Benchmark, is_withheld, truth_of
from vtzoo.evaluation.results import ResultFolder
from vtzoo.evaluation.scoring.alignment import Truth, oddities
from vtzoo.evaluation.scoring.protocols import Protocol
from vtzoo.evaluation.scoring.score import Case, Scores, score
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.progress import progress

SCORES_FILE = 'scores.json'
Judged = Mapping[str, Mapping[str, Scores]]
"""protocol -> tracker -> scores."""


def read_truths(benchmark: Benchmark, dataset: Dataset, protocols: Iterable[Protocol]) -> dict[str, Truth]:
    """What every sequence is judged by, by its name.

    Raises:
        ValueError: the truth is withheld.
    """
    sized = any(rules.clipped for rules in protocols)
    truths = {}
    for i in progress(range(len(dataset)), 'reading the truth'):
        sequence = dataset[i]
        if is_withheld(sequence):
            raise ValueError(f'{benchmark.name} cannot be scored here: {benchmark.remark or "it has no boxes"}.')
        truths[sequence.name] = truth_of(sequence, sized)
    return truths


def read_results(truths: Mapping[str, Truth], folder: str | Path) -> tuple[list[Case], dict[str, list[str]]]:
    """A tracker's results, and what is wrong with them: sequence -> sentences. An unreadable file counts as missing."""
    results, cases, odd = ResultFolder(folder), [], {}
    for name, truth in truths.items():
        boxes, seconds, problems = [], None, []
        try:
            boxes, seconds = results.boxes(name), results.seconds(name)
            problems = [problem for repetition in boxes for problem in oddities(repetition, truth)]
        except ValueError as error:
            problems = [str(error).rstrip('.')]
        if not boxes and not problems:
            problems = ['there are no results']
        if problems:
            odd[name] = problems
        cases.append(Case(name, truth, boxes, seconds))
    if not any(case.boxes for case in cases):
        raise ValueError(f'{folder} holds no results of these sequences, such as {next(iter(truths))}.txt.')
    return cases, odd


def judge(protocols: Iterable[Protocol], trackers: Mapping[str, list[Case]]) -> tuple[Judged, list[str]]:
    """-> protocol -> tracker -> scores, and why other protocols gave none.

    Raises:
        ValueError: no protocol gives any.
    """
    judged, refusals = {}, []
    for rules in protocols:
        try:
            judged[rules.name] = score(rules, trackers)
        except ValueError as error:
            refusals.append(str(error))
    if not judged:
        raise ValueError(' '.join(refusals))
    return judged, refusals


def write_scores(folder: Path, judged: Judged, tracker: str) -> None:
    """Put one tracker's scores beside its results, for model cards and other readers."""
    write_atomically(folder / SCORES_FILE, json.dumps(
        {name: as_record(scores[tracker]) for name, scores in judged.items()}, indent=1))


def as_record(scores: Scores) -> dict[str, Any]:
    """Overall scores as plain data; None instead of scores that sequences are missing from."""
    complete = not scores.faults
    return dict(sequences=len(scores.names), frames=int(scores.frames.sum()), fps=scores.overall_fps,
                scores=scores.overall if complete else None, faults=scores.faults)
