"""The report: any number of trackers on one benchmark, as tables, plots and film strips."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from vtzoo.data.sequence import Dataset
from vtzoo.evaluation.benchmarks import BENCHMARKS, Benchmark
from vtzoo.evaluation.comparison import difference, subsets
from vtzoo.evaluation.filmstrip import film_strips
from vtzoo.evaluation.partial import PARTIAL, PartialSet
from vtzoo.evaluation.plots import TITLES, plot_curves
from vtzoo.evaluation.run_record import RUN_FILE, read_run
from vtzoo.evaluation.scored_results import Judged, as_record, judge, read_results, read_truths
from vtzoo.evaluation.scoring.protocols import Protocol
from vtzoo.evaluation.scoring.score import Case, Scores, score_each
from vtzoo.evaluation.tables import Table, fault_lines, main_score, overall_table, rules_table, sequence_table
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import show

WORST = 5
"""How many sequences the film strips show."""
_FILES = ('report.md', 'report.json', 'worst.png',
          *(f'{table}.csv' for table in ('overall', 'rules', 'differences', 'attributes', 'sequences')),
          *(f'{curve}.{suffix}' for curve in TITLES for suffix in ('png', 'pdf')))
"""Everything a report may write."""


@dataclass(frozen=True)
class Report:
    """What is known of some trackers on a benchmark.

    Args:
        benchmark, dataset: what they were run on.
        results: tracker -> its results.
        judged: protocol -> tracker -> scores, of the trackers it can score; the first protocol is the main one.
        remarks: what is wrong with results, and what protocols refused.
        part: '3 of 280 sequences' where not all of the benchmark is on disk.
    """

    benchmark: Benchmark
    dataset: Dataset
    results: Mapping[str, Sequence[Case]]
    judged: Judged
    remarks: Sequence[str]
    part: str | None = None

    @property
    def main(self) -> Mapping[str, Scores]:
        """The scores of the main protocol."""
        return next(iter(self.judged.values()))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table that says something: its name -> the table."""
        found = {'overall': overall_table(self.judged)}
        if len(self.judged) > 1:
            found['rules'] = rules_table(self.judged)
        if len(self.main) > 1:
            found['differences'] = self._differences()
        if groups := subsets(self.benchmark.dataset, (self.dataset[i] for i in range(len(self.dataset)))):
            found['attributes'] = self._attributes(groups)
        lengths = {case.name: len(case.truth.boxes) for case in next(iter(self.results.values()))}
        found['sequences'] = sequence_table(next(iter(self.judged)), self.main, lengths)
        return {name: table.of_part(self.part) for name, table in found.items()}

    def _differences(self) -> Table:
        """The first tracker beside each of the others."""
        measure, rows = main_score(self.main), []
        (first, scores), *others = self.main.items()
        for name, other in others:
            if not set(scores.names) & set(other.names):
                rows.append([f'{first} - {name}', None, None, 'no sequence is common'])
                continue
            found = difference(scores, other, measure)
            rows.append([f'{first} - {name}', found.mean, f'{found.low:+.2f} to {found.high:+.2f}',
                         f'{found.wins} of {found.sequences}'])
        title = f'{measure}, differences with 95 % intervals over sequences, protocol {scores.protocol.name}'
        return Table(title, ['trackers', 'difference', 'interval', 'better on'], rows)

    def _attributes(self, groups: Mapping[str, Sequence[str]]) -> Table:
        """The main score on the sequences that have each attribute and that every tracker has scores on."""
        measure, rows, rules = main_score(self.main), [], next(iter(self.main.values())).protocol
        scored = set.intersection(*(set(one.names) for one in self.main.values()))
        for attribute, names in groups.items():
            members = scored & set(names)
            if not members:
                continue
            held = {tracker: [case for case in self.results[tracker] if case.name in members] for tracker in self.main}
            scores, _ = score_each(rules, held)
            values = (scores[tracker].overall[measure] if tracker in scores else None for tracker in self.main)
            rows.append([attribute, len(members), *values])
        return Table(f'{measure} by attribute, protocol {rules.name}', ['attribute', 'sequences', *self.main], rows)

    def record(self) -> dict[str, Any]:
        """Everything as plain data."""
        judged = {protocol: {tracker: as_record(one, self.part) for tracker, one in scores.items()}
                  for protocol, scores in self.judged.items()}
        tables = {name: table.records() for name, table in self.tables.items() if name not in ('overall', 'rules')}
        part = {PARTIAL: self.part} if self.part else {}
        return dict(benchmark=self.benchmark.name, protocols=judged, **part, **tables, remarks=list(self.remarks))

    def write(self, folder: Path) -> None:
        """Write report.md, report.json, a CSV a table, the plots and the film strips."""
        what = f'{self.part} of {self.benchmark.name}' if self.part else self.benchmark.name
        tables, pictures = self.tables, plot_curves(self.main, what, folder)
        worst = folder / 'worst.png'
        film_strips(list(self._worst()), {tracker: {case.name: case.boxes[0] for case in cases if case.boxes}
                                          for tracker, cases in self.results.items()}, self.dataset.base, worst)
        text = [f'# {show(", ".join(self.results), "markdown")} on {what}', *(table.markdown() for name, table in
                                                                         tables.items() if name != 'sequences')]
        text += [f'![{path.stem}]({path.name})' for path in pictures]
        text += [f'The worst sequences of {show(next(iter(self.main)), "markdown")}: frame number and overlap.',
                 f'![worst sequences]({worst.name})', tables['sequences'].markdown(),
                 *(show(remark, 'markdown') for remark in self.remarks)]
        write_atomically(folder / 'report.md', '\n\n'.join(text) + '\n')
        write_atomically(folder / 'report.json', json.dumps(self.record(), indent=1))
        for name, table in tables.items():
            write_atomically(folder / f'{name}.csv', table.csv())

    def _worst(self) -> Iterable[tuple[str, Any]]:
        """Caption and video of the sequences on which the first tracker is worst."""
        scores, measure = next(iter(self.main.values())), main_score(self.main)
        ranked = sorted(zip(scores.scores[measure].tolist(), scores.names, strict=True))
        places = {case.name: i for i, case in enumerate(next(iter(self.results.values())))}
        for value, name in islice(ranked, WORST):
            yield f'{name}   {measure} {value:.1f}', self.dataset[places[name]]


def make_report(benchmark: Benchmark, root: str | Path | None, folders: Mapping[str, Path],
                protocols: Sequence[Protocol], partial: bool = False) -> Report:
    """Read truth and results and judge them.

    Args:
        benchmark: what the results are of.
        root: the data root.
        folders: tracker -> folder of its results.
        protocols: whose rules, the main one first.
        partial: score what is on disk of the benchmark, if that is not all.

    Raises:
        ValueError: a folder holds nothing that can be scored, or results on another part of the benchmark.
    """
    dataset = benchmark.open(root, partial)
    part = dataset.part if isinstance(dataset, PartialSet) else None
    truths = read_truths(benchmark, dataset, protocols)
    results, odd = {}, {}
    for tracker, folder in folders.items():
        results[tracker], odd[tracker] = read_results(truths, folder)
    judged, refusals = judge(protocols, results)
    return Report(benchmark, dataset, results, judged, [*fault_lines(judged, odd), *refusals], part)


def check_out(folder: Path, overwrite: bool = False) -> None:
    """Check that a report may be written into a folder: it holds none of the files' names, or an earlier report.

    Raises:
        ValueError: it does not; names what is in the way.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f'{folder} is a file: name a folder with --out.')
    taken = [name for name in _FILES if os.path.lexists(folder / name)]
    if taken and not overwrite and not _is_report(folder / 'report.json'):
        raise ValueError(f'{folder} holds {", ".join(taken)}, which no report wrote: name another folder with --out, '
                         'or add --overwrite.')


def _is_report(path: Path) -> bool:
    try:
        record = json.loads(path.read_bytes()) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and {'benchmark', 'protocols', 'remarks'} <= set(record)


def name_trackers(folders: Sequence[str | Path]) -> dict[str, Path]:
    """Tracker -> folder: by the part of the path that tells them apart, such as STARK in raw/STARK/lasot."""
    paths = [Path(folder) for folder in folders]
    parts = [Path(os.path.normpath(path.absolute())).parts for path in paths]
    while len(parts) > 1 and len({part[-1] for part in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [part[:-1] for part in parts]
    names = [part[-1] for part in parts]
    if len(set(names)) < len(names):
        names = ['/'.join(part[-2:]) for part in parts]
    if len(set(names)) < len(names):
        raise ValueError(f'the folders of results cannot be told apart by name: {", ".join(map(str, folders))}.')
    return dict(zip(names, paths, strict=True))


def benchmark_of(folders: Iterable[Path]) -> str:
    """The benchmark that the folders' run.json name.

    Raises:
        ValueError: none does, they disagree, or it is a folder of one's own.
    """
    found = {record['benchmark'] for record in map(read_run, folders) if record is not None}
    if len(found) != 1:
        said = f'the results are of different benchmarks ({", ".join(sorted(found))})' if found else \
            f'no {RUN_FILE} says what the results are of'
        raise ValueError(f'{said}: add --benchmark NAME.')
    name = found.pop()
    if name not in BENCHMARKS:
        raise ValueError(f'the results are of {name}, videos of your own: add --benchmark own:FOLDER.')
    return name
