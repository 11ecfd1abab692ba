"""The table of a sweep and its learning curves, from its folders, at any time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vtzoo.evaluation.benchmarks import find_benchmark
from vtzoo.evaluation.plots import COLOURS
from vtzoo.evaluation.scored_results import judge, read_results, read_truths
from vtzoo.evaluation.scoring.score import Scores
from vtzoo.evaluation.tables import Table
from vtzoo.sweep.plan import Plan, Variant, trial_folder
from vtzoo.sweep.statistics import Estimate, difference, estimate
from vtzoo.sweep.trial import CRASHED, DONE, read_state
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.formats import millions, operations
from vtzoo.utils.names import show

LOST = 'results lost'
"""What a table says of a trial that was done and whose results cannot be read any more."""


@dataclass
class Row:
    """A variant's trials. scores: seed -> scores, of those that are done; states: seed -> what its folder says."""

    variant: Variant
    states: dict[int, dict[str, Any]] = field(default_factory=dict)
    scores: dict[int, Scores] = field(default_factory=dict)

    def matrix(self, measure: str, seeds: list[int] | None = None) -> np.ndarray:
        """(seeds, sequences) of one score."""
        return np.stack([self.scores[seed].scores[measure] for seed in seeds or self.scores])


def collect(plan: Plan, folder: Path, protocol: str | None = None) -> list[Row]:
    """Read every trial's state, and score the results of those that are done."""
    benchmark = find_benchmark(plan.benchmark)
    protocols = [benchmark.scored_by(protocol)]
    truths = read_truths(benchmark, benchmark.open(plan.data), protocols)
    rows = []
    for variant in plan.variants:
        row = Row(variant)
        for seed in plan.seeds:
            place = trial_folder(folder, variant, seed)
            row.states[seed] = read_state(place)
            if row.states[seed]['state'] == DONE:
                try:
                    cases, _ = read_results(truths, place / 'results')
                    judged, _ = judge(protocols, {variant.name: cases})
                    row.scores[seed] = judged[protocols[0].name][variant.name]
                except (ValueError, FileNotFoundError) as error:
                    row.states[seed] |= dict(state=LOST, reason=str(error))
        rows.append(row)
    return rows


def tables(plan: Plan, rows: list[Row], costs: Mapping[str, tuple[int, int]]) -> list[Table]:
    """The scores, the differences from the baseline, and what is not done.

    Args:
        plan: of the sweep.
        rows: see :func:`collect`.
        costs: variant -> parameters and MACs a frame.
    """
    done = [row for row in rows if row.scores]
    measures = list(next(iter(done[0].scores.values())).scores) if done else []
    found = []
    for row in rows:
        cells = [said(estimate(row.matrix(name))) if row.scores else None for name in measures]
        parameters, macs = costs[row.variant.name]
        found.append([row.variant.name, *cells, f'{len(row.scores)} of {len(plan.seeds)}', millions(parameters),
                      operations(macs), _minutes(row)])
    title = (f'Mean over seeds and sequences of {plan.benchmark} [95 % interval over sequences] ± standard deviation '
             'over seeds')
    out = [Table(title, ['variant', *measures, 'seeds', 'parameters', 'MACs a frame', 'minutes a trial'], found)]
    if measures and (table := _differences(plan, rows, measures[0])):
        out.append(table)
    crashed = [[row.variant.name, seed, state['state'], state.get('reason') or ''] for row in rows
               for seed, state in row.states.items() if state['state'] != DONE]
    if crashed:
        out.append(Table('Not done', ['variant', 'seed', 'state', 'reason'], crashed))
    if plan.left_out:
        out.append(Table('Left out: cannot be built', ['variant', 'reason'], list(map(list, plan.left_out.items()))))
    return out


def _differences(plan: Plan, rows: list[Row], measure: str) -> Table | None:
    """Against the baseline, on the seeds that both have."""
    base = next(row for row in rows if row.variant.name == (plan.baseline or plan.variants[0].name))
    lines = []
    for row in rows:
        seeds = [seed for seed in row.scores if seed in base.scores]
        if row is not base and seeds:
            one = difference(row.matrix(measure, seeds), base.matrix(measure, seeds))
            verdict = 'better' if one.low > 0 else 'worse' if one.high < 0 else 'not told apart'
            lines.append([row.variant.name, f'{one.mean:+.1f} [{one.low:+.1f}, {one.high:+.1f}]', verdict, len(seeds)])
    title = f'{measure} less that of {base.variant.name} [95 % interval over seeds and sequences, paired]'
    return Table(title, ['variant', 'difference', 'verdict', 'seeds'], lines) if lines else None


def said(one: Estimate) -> str:
    """44.6 [38.2, 50.9] ± 1.3"""
    spread = '' if np.isnan(one.spread) else f' ± {one.spread:.1f}'
    return f'{one.mean:.1f} [{one.low:.1f}, {one.high:.1f}]{spread}'


def _minutes(row: Row) -> float | None:
    taken = [state['seconds'] / 60 for state in row.states.values() if state['state'] == DONE]
    return float(np.mean(taken)) if taken else None


def latex(table: Table) -> str:
    """A tabular of the booktabs package."""
    def clean(cell: Any) -> str:
        text = '--' if cell is None else f'{cell:.1f}' if isinstance(cell, float) else show(str(cell))
        for sign in '\\&%$#_{}':
            text = text.replace(sign, {'\\': r'\textbackslash '}.get(sign, f'\\{sign}'))
        return text.replace('±', r'$\pm$')

    lines = [' & '.join(map(clean, row)) + r' \\' for row in [table.columns, *table.rows]]
    return '\n'.join([rf'\begin{{tabular}}{{l{"r" * (len(table.columns) - 1)}}}', r'\toprule', lines[0], r'\midrule',
                      *lines[1:], r'\bottomrule', r'\end{tabular}', ''])


def learning_curves(plan: Plan, folder: Path, path: Path) -> bool:
    """One picture: training loss and overlap, and the validation score, each variant's mean over seeds, as far as all
    of them came, those that crashed left out where others did not; False: there is nothing to draw yet."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(12, 3.6), dpi=120, layout='constrained')
    panels, drawn = dict(zip(('loss', 'iou', 'AO'), figure.subplots(1, 3), strict=True)), False
    for i, variant in enumerate(plan.variants):
        places = [trial_folder(folder, variant, seed) for seed in plan.seeds]
        whole = [place for place in places if read_state(place)['state'] != CRASHED]
        logs = [read_log(place / 'run') for place in whole or places]
        for name, axes in panels.items():
            curves = [log[name] for log in logs if log.get(name)]
            if not curves:
                continue
            steps = sorted(set.intersection(*(set(curve) for curve in curves)))
            axes.plot(steps, [np.mean([curve[step] for curve in curves]) for step in steps],
                      color=COLOURS[i % len(COLOURS)], label=variant.name.replace('$', r'\$'), linewidth=1.5,
                      marker='o' if len(steps) < 10 else None, markersize=3)
            drawn = True
    for name, axes in panels.items():
        axes.set(title=dict(loss='training loss', iou='training overlap', AO='validation AO')[name],
                 xlabel='epoch' if name == 'AO' else 'step')
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    if drawn:
        panels['loss'].legend(fontsize=7)
        write_atomically(path, partial(figure.savefig, format='png'))
    return drawn


def read_log(run: Path) -> dict[str, dict[int, float]]:
    """A run's scalars, also of one that was resumed: name -> step -> value. Lines that are cut are passed over."""
    found: dict[str, dict[int, float]] = {}
    for path in sorted(run.glob('*/vis_data/scalars.json')):
        for line in path.read_text('utf-8', 'replace').splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            for name, value in record.items():
                short = name.rsplit('/', 1)[-1]
                if isinstance(value, int | float) and short in ('loss', 'iou', 'AO'):
                    found.setdefault(short, {})[int(record.get('step', 0))] = float(value)
    return found


def make_report(plan: Plan, folder: Path, costs: Mapping[str, tuple[int, int]], protocol: str | None = None) -> str:
    """Write report.md, table.csv, table.tex and curves.png into the sweep's folder; -> the report's text."""
    found = tables(plan, collect(plan, folder, protocol), costs)
    parts = [f'# Sweep {folder.name}', *(table.markdown() for table in found)]
    if learning_curves(plan, folder, folder / 'curves.png'):
        parts.append('![Learning curves](curves.png)')
    text = '\n\n'.join(parts) + '\n'
    write_atomically(folder / 'report.md', text)
    write_atomically(folder / 'table.csv', found[0].csv())
    write_atomically(folder / 'table.tex', latex(found[0]))
    return text
