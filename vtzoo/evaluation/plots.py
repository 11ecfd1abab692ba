"""Success, precision and normalised precision as curves, one figure a measure, as PNG and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from vtzoo.evaluation.scoring.score import Scores
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import show

COLOURS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', '#999999')
"""Told apart by colour-blind readers too (Okabe and Ito, 2008)."""
STYLES = ('-', '--', '-.', ':')
TITLES = {'success': ('Success', 'overlap threshold', 'AUC'),
          'precision': ('Precision', 'centre error threshold, pixels', 'P'),
          'norm_precision': ('Normalised precision', 'centre error threshold, by target size', 'NP')}


def _incomplete(scores: Scores) -> str:
    missing = len(scores.faults)
    return f', without {missing} of {missing + len(scores.names)} sequences' if missing else ''


def _label(tracker: str) -> str:
    """A name as matplotlib shows it: no formulas, and no underscore in front, which would leave it out."""
    label = show(tracker).replace('$', r'\$')
    return f' {label}' if label.startswith('_') else label


def plot_curves(scores: Mapping[str, Scores], what: str, folder: Path) -> list[Path]:
    """Draw each curve that the protocol reports, trackers in order of their score.

    Args:
        scores: tracker -> scores of one protocol.
        what: the benchmark, for the title.
        folder: where success.png, success.pdf and so on are written.

    Returns:
        the PNG files.
    """
    rules, written = next(iter(scores.values())).protocol, []
    for curve, grid in rules.grids().items():
        title, axis, measure = TITLES[curve]
        measure = measure if measure in rules.measures else 'AO'
        figure = Figure(figsize=(6.4, 4.8), dpi=150, layout='constrained')
        axes = figure.add_subplot()
        ranked = sorted(enumerate(scores.items()), key=lambda item: -item[1][1].overall[measure])
        for i, (tracker, one) in ranked:
            axes.plot(grid, one.overall_curves[curve] * 100, color=COLOURS[i % len(COLOURS)], linewidth=2,
                      linestyle=STYLES[i // len(COLOURS) % len(STYLES)],
                      label=f'{_label(tracker)} [{one.overall[measure]:.1f}]{_incomplete(one)}')
        axes.set(title=f'{title} on {what}, protocol {rules.name}', xlabel=axis, ylabel='frames, %',
                 xlim=(grid[0], grid[-1]), ylim=(0, 100))
        axes.grid(alpha=0.3)
        axes.legend(title=f'tracker [{measure}]', loc='best', fontsize=9)
        for suffix in ('png', 'pdf'):
            write_atomically(folder / f'{curve}.{suffix}', partial(figure.savefig, format=suffix))
        written.append(folder / f'{curve}.png')
    return written
