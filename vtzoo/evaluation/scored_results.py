"""From a set and folders of results to scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vtzoo.data.sequence import Dataset, MissingSequenceError
from vtzoo.evaluation.benchmarks import Benchmark, is_withheld, truth_of
from vtzoo.evaluation.partial import PARTIAL
from vtzoo.evaluation.results import ResultFolder
from vtzoo.evaluation.scoring.alignment import Truth, oddities
from vtzoo.evaluation.scoring.protocols import Protocol
from vtzoo.evaluation.scoring.score import Case, Scores, score_each
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import file_name
from vtzoo.utils.progress import progress

SCORES_FILE = 'scores.json'
Judged = Mapping[str, Mapping[str, Scores]]
"""protocol -> tracker -> scores."""


def read_truths(benchmark: Benchmark, dataset: Dataset, protocols: Iterable[Protocol]) -> dict[str, Truth]:
    """What every sequence is judged by, by its name.

    Raises:
        ValueError: the truth is withheld, or sequences are not on disk.
    """
    sized = any(rules.clipped for rules in protocols)
    truths, missing = {}, []
    for i in progress(range(len(dataset)), 'reading the truth'):
        try:
            sequence = dataset[i]
        except MissingSequenceError as error:
            missing.append(str(error))
            continue
        if is_withheld(sequence):
            raise ValueError(f'{benchmark.name} cannot be scored here: {benchmark.remark or "it has no boxes"}.')
        truths[sequence.name] = truth_of(sequence, sized)
    if missing:
        raise ValueError(f'{len(missing)} of {len(dataset)} sequences of {benchmark.name} are not on disk: --partial '
                         f'scores those that are. The first: {missing[0]}')
    return truths


def read_results(truths: Mapping[str, Truth], folder: str | Path) -> tuple[list[Case], dict[str, list[str]]]:
    """A tracker's results, and what is wrong with them: sequence -> sentences. An unreadable file counts as missing."""
    results, cases, odd, unreadable = ResultFolder(folder, truths), [], {}, []
    for name, truth in truths.items():
        boxes, seconds, problems, frames = [], None, [], len(truth.boxes)
        try:
            boxes = results.boxes(name, frames)
            problems = [problem for repetition in boxes for problem in oddities(repetition, truth)]
            if not boxes:
                problems = ['there are no results']
        except ValueError as error:
            unreadable.append(str(error))
            problems = [str(error).rstrip('.')]
        try:
            seconds = results.seconds(name, frames)
        except ValueError as error:
            problems.append(f'its times are left out: {str(error).rstrip(".")}')
        if problems:
            odd[name] = problems
        cases.append(Case(name, truth, boxes, seconds))
    if not any(case.boxes for case in cases):
        if unreadable:
            raise ValueError(f'{folder} holds {len(unreadable)} result file(s) of these sequences, and none can be '
                             f'read. The first: {unreadable[0]}')
        raise ValueError(f'{folder} holds no results of these sequences, such as {file_name(next(iter(truths)))}.txt.')
    return cases, odd


def judge(protocols: Iterable[Protocol], trackers: Mapping[str, list[Case]]) -> tuple[Judged, list[str]]:
    """-> protocol -> tracker -> scores, of every tracker that a protocol can score; and why it cannot score others.

    Raises:
        ValueError: no protocol can score any.
    """
    judged, refusals = {}, []
    for rules in protocols:
        scores, refused = score_each(rules, trackers)
        refusals += refused.values()
        if scores:
            judged[rules.name] = scores
    if not judged:
        raise ValueError(' '.join(refusals))
    return judged, refusals


def write_scores(folder: Path, judged: Judged, tracker: str, part: str | None = None) -> None:
    """Put one tracker's scores beside its results, for model cards and other readers."""
    write_atomically(folder / SCORES_FILE, json.dumps(
        {name: as_record(scores[tracker], part) for name, scores in judged.items()}, indent=1))


def as_record(scores: Scores, part: str | None = None) -> dict[str, Any]:
    """Overall scores as plain data; None instead of scores that sequences are missing from.

    Args:
        scores: of one tracker.
        part: '3 of 280 sequences' where they are of a part of the benchmark.
    """
    complete = not scores.faults
    return dict(sequences=len(scores.names), frames=int(scores.frames.sum()), fps=scores.overall_fps,
                scores=scores.overall if complete else None, faults=scores.faults) | ({PARTIAL: part} if part else {})
