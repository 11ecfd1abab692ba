"""Scores as tables: on a terminal and in Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtzoo.evaluation.partial import PARTIAL
from vtzoo.evaluation.scored_results import Judged
from vtzoo.evaluation.scoring.score import Scores
from vtzoo.utils.formats import markdown_table
from vtzoo.utils.names import show

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """A table of text and numbers; None is an empty cell."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def of_part(self, part: str | None) -> Table:
        """The table as it says, in its title and in every row, that it is of a part of a benchmark; None: it is not."""
        if part is None:
            return self
        return Table(f'{self.title}, {PARTIAL}: {part}', [*self.columns, PARTIAL], [[*row, part] for row in self.rows])

    def markdown(self) -> str:
        """Numbers to two decimals, columns aligned, so that it reads well on a terminal too."""
        cells = [[_show(cell) for cell in row] for row in self.rows]
        columns = [show(name, 'markdown') for name in self.columns]
        right = [name for i, name in enumerate(columns) if any(isinstance(row[i], float | int) for row in self.rows)]
        return f'**{show(self.title, "markdown")}**\n\n{markdown_table(columns, cells, right, padded=True)}'

    def csv(self) -> str:
        """Numbers with every digit. Text that a spreadsheet would calculate begins with an apostrophe."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerows([_csv_cell(cell) for cell in row] for row in [self.columns, *self.rows])
        return text.getvalue()

    def records(self) -> list[dict[str, Any]]:
        """A mapping a row, for JSON."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def _show(cell: Cell) -> str:
    if cell is None:
        return '-'
    return f'{cell:.2f}' if isinstance(cell, float) else show(cell, 'markdown')


def _csv_cell(cell: Cell) -> Cell:
    """Names such as -v001_0 and intervals such as +0.1 to +0.5 calculate nothing, and stay as they are."""
    if not isinstance(cell, str):
        return '' if cell is None else cell
    return cell if re.fullmatch(r'[\w.+ -]*', cell) else show(cell, 'csv')


def overall_table(judged: Judged) -> Table:
    """A row for each tracker under each protocol. Scores that sequences are missing from are left empty."""
    found = (one for trackers in judged.values() for one in trackers.values())
    measures = list(dict.fromkeys(name for scores in found for name in scores.overall))
    rows = []
    for protocol, trackers in judged.items():
        for tracker, scores in trackers.items():
            complete = not scores.faults
            rows.append([protocol, tracker, *(scores.overall.get(name) if complete else None for name in measures),
                         scores.overall_fps, _count(scores)])
    columns = ['protocol', 'tracker', *measures, 'FPS', 'sequences']
    return _without_empty(Table('Scores in percent', columns, rows), keep=set(measures))


def _count(scores: Scores) -> str:
    total = len(scores.names) + len(scores.faults)
    return str(total) if not scores.faults else f'{len(scores.names)} of {total}'


def _without_empty(table: Table, keep: set[str]) -> Table:
    """Drop columns that say nothing."""
    used = [i for i, name in enumerate(table.columns) if name in keep or any(row[i] is not None for row in table.rows)]
    return Table(table.title, [table.columns[i] for i in used], [[row[i] for i in used] for row in table.rows])


def main_score(scores: Mapping[str, Scores]) -> str:
    """The score that trackers are ranked by: AO or AUC."""
    measures = next(iter(scores.values())).scores
    return 'AO' if 'AO' in measures and 'AUC' not in measures else 'AUC'


def sequence_table(protocol: str, scores: Mapping[str, Scores], lengths: Mapping[str, int]) -> Table:
    """A row for each sequence, a column for each tracker's main score."""
    measure = main_score(scores)
    columns = {tracker: dict(zip(one.names, one.scores[measure].tolist(), strict=True))
               for tracker, one in scores.items()}
    rows = [[name, frames, *(values.get(name) for values in columns.values())] for name, frames in lengths.items()]
    return Table(f'{measure} by sequence, protocol {protocol}', ['sequence', 'frames', *columns], rows)


def worst_sequences(table: Table, most: int) -> Table:
    """Of :func:`sequence_table`, the rows where the first tracker has the lowest scores."""
    if len(table.rows) <= most:
        return table
    ranked = sorted(table.rows, key=lambda row: (row[2] is None, row[2]))
    return Table(f'{table.title}, the worst {most} of {len(ranked)}', table.columns, ranked[:most])


def rules_table(judged: Judged) -> Table:
    """What the protocols do, rule by rule, where they differ."""
    rules = {name: next(iter(scores.values())).protocol.rules() for name, scores in judged.items()}
    first = next(iter(rules.values()))
    rows = [[rule, *(values[rule] for values in rules.values())] for rule in first
            if rule not in ('name', 'family', 'sets') and (len({values[rule] for values in rules.values()}) > 1)]
    return Table('Rules that differ', ['rule', *rules], rows)


def fault_lines(judged: Judged, odd: Mapping[str, Mapping[str, Sequence[str]]], most: int = 8) -> list[str]:
    """What is wrong with results (tracker -> sequence -> sentences), and what each protocol refuses for it."""
    lines = []
    for tracker, sequences in odd.items():
        lines += [f'{tracker}: {name}: {"; ".join(problems)}.' for name, problems in list(sequences.items())[:most]]
        if len(sequences) > most:
            lines.append(f'{tracker}: and {len(sequences) - most} more sequences.')
    for protocol, trackers in judged.items():
        for tracker, scores in trackers.items():
            if scores.faults:
                name, why = next(iter(scores.faults.items()))
                more = f' and {len(scores.faults) - 1} more' if len(scores.faults) > 1 else ''
                lines.append(f'{protocol} gives {tracker} no score: it refuses {name}{more} ({why}).')
    return lines
