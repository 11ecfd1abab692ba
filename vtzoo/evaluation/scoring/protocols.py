"""How each toolkit turns boxes into scores, as data: one row a rule book, one scorer for all of them.

The same result files give another score in every toolkit, because they disagree about the first frame,
about frames without truth and about predictions without a size. A row says what one toolkit does;
:mod:`vtzoo.evaluation.scoring.score` does it. Rows agree with the toolkits' own code count for count
(tests/evaluation/test_scoring.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np

OVERLAPS = np.linspace(0, 1, 21)
PIXELS = np.arange(51.0)
HUNDREDTHS = np.arange(51) / 100
HALF = np.linspace(0, 0.5, 51)  # differs from HUNDREDTHS in three entries by one rounding

How = Literal['mean', 'area', 'pooled'] | int
"""A curve's score: its mean, the area under it (trapezoids over 0..1), its value at one threshold, or, overall, its
mean over all frames rather than over sequences."""

MEASURES = MappingProxyType({
    'AUC': ('success', 'mean'), 'P': ('precision', 20), 'NP': ('norm_precision', 20),
    'SR0.5': ('success', 10), 'SR0.75': ('success', 15)})
"""Score -> its curve and how it is read off. 'overlap' and 'covered' are means over frames instead: of the overlap,
and of whether the prediction's four numbers add up to more than 0."""


@dataclass(frozen=True, eq=False)
class Protocol:
    """The rules of one toolkit.

    Args:
        name: what ``--protocol`` calls it.
        family: a toolkit; ``--protocol FAMILY`` takes the row it uses on a set.
        sets: the sets on which the toolkit uses this row; none: on all that no other row of it names.
        source: the toolkit and the file the rules were read from.
        success: thresholds of the overlap.
        at_least: a frame succeeds when its overlap is >= a threshold; else when it is > it.
        precision: thresholds of the centre error in pixels (<=).
        norm_precision: thresholds of the normalised centre error (<=).
        measures: the scores it reports.
        pixel: 1: a box holds both its edge pixels (right = x + w - 1); 0: right = x + w.
        guard: added to the union before dividing.
        corners: boxes pass through left, top, right, bottom, this much added to all four; None: they do not.
        rounded: boxes are rounded to whole pixels.
        clipped: boxes are clipped to the image: x to it, then w to what is left (w is not shortened by
            what x moved).
        centre: 'w-1': x + (w - 1) / 2; 'w+1': x + (w + 1) / 2; 'corners': (left + right) / 2.
        norm: how the normalised error divides by the truth's size. 'centres': both centres, then the
            difference; 'guarded': the same with 1e-16 added to the size; 'distance': the difference, by at
            least 1 pixel; 'products': d / w * d / w.
        first: the first frame is set to the 'truth', taken as the 'result' has it, or 'dropped'.
        long, short: results with more or fewer frames than the truth: 'error', 'cut' (short: the truth is
            cut), 'zeros' (missing boxes are 0, 0, 0, 0), 'miss' (a miss at every threshold).
        missing: a sequence without results: 'error' or 'zeros'.
        refused: kinds of bad prediction ('nan', 'negative', 'zero' size) that stop it.
        repeated: kinds that are replaced by the prediction before, where the truth is not NaN.
        missed: kinds that are a miss at every threshold.
        nan_truth: 'error', or 'kept' as a frame like others.
        nan_overlap: 'error': an overlap that is NaN stops it; 'kept': it succeeds nowhere.
        valid: the truth counts where 'size': w, h > 0; 'positive': x, y, w, h > 0; 'known': it is not NaN;
            'any': always.
        valid_centre: for precision it counts where the centre is > 0 instead.
        invalid: the other frames are 'dropped'; or they are misses for success and, each, a 'hit' at every
            threshold or a 'miss' for precision and normalised precision.
        absent: frames flagged absent are 'ignored' flags, 'invalid' as above, a 'miss', or 'dropped'.
        zero_overlap_misses: an overlap of 0 fails at the threshold 0.
        pooled: all frames of all sequences and repetitions count alike; else sequences do.
        counted: a curve is a share of 'all' frames (less the dropped ones) or of the 'valid' ones, as with
            pytracking's option exclude_invalid_frames.
        curves: precision in which a sequence's curves are kept.
        averages: precision in which they are averaged.
        drop_dead_curves: sequences whose curve is zero everywhere are left out of its mean.
        speed: frames per second: the mean of 1/t over all 'frames', its mean over 'sequences', or 1 over the
            mean 'time'; None: not reported.
    """

    name: str
    family: str
    source: str
    sets: tuple[str, ...] = ()
    success: np.ndarray = field(default_factory=lambda: OVERLAPS)
    at_least: bool = False
    precision: np.ndarray = field(default_factory=lambda: PIXELS)
    norm_precision: np.ndarray = field(default_factory=lambda: HUNDREDTHS)
    measures: Mapping[str, tuple[str, How]] = field(default_factory=lambda: MEASURES)
    pixel: Literal[0, 1] = 1
    guard: float = 0.0
    corners: float | None = None
    rounded: bool = False
    clipped: bool = False
    centre: Literal['w-1', 'w+1', 'corners'] = 'w-1'
    norm: Literal['centres', 'guarded', 'distance', 'products'] = 'centres'
    first: Literal['truth', 'result', 'dropped'] = 'truth'
    long: Literal['error', 'cut'] = 'cut'
    short: Literal['error', 'cut', 'zeros', 'miss'] = 'error'
    missing: Literal['error', 'zeros'] = 'error'
    refused: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    nan_truth: Literal['error', 'kept'] = 'kept'
    nan_overlap: Literal['error', 'kept'] = 'kept'
    valid: Literal['size', 'positive', 'known', 'any'] = 'size'
    valid_centre: bool = False
    invalid: Literal['dropped'] | tuple[str, str] = ('hit', 'hit')
    absent: Literal['ignored', 'invalid', 'miss', 'dropped'] = 'ignored'
    zero_overlap_misses: bool = False
    pooled: bool = False
    counted: Literal['all', 'valid'] = 'all'
    curves: Literal['float32', 'float64'] = 'float64'
    averages: Literal['float32', 'float64'] = 'float64'
    drop_dead_curves: bool = False
    speed: Literal['frames', 'sequences', 'time'] | None = None

    @cached_property
    def reported(self) -> frozenset[str]:
        """The curves and means its scores are read from."""
        return frozenset(curve for curve, _ in self.measures.values())

    def grids(self) -> dict[str, np.ndarray]:
        """Curve -> its thresholds, of the curves it reports."""
        curves = ('success', 'precision', 'norm_precision')
        return {name: getattr(self, name) for name in curves if name in self.reported}

    def rules(self) -> dict[str, str]:
        """Every rule as text, for tables that put protocols side by side."""
        return {rule.name: _text(getattr(self, rule.name)) for rule in fields(self)}


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f'{value[0]:g}..{value[-1]:g}, {len(value)} thresholds'
    if isinstance(value, Mapping):
        return ', '.join(f'{name}: {curve} {f"at {how}" if isinstance(how, int) else how}'
                         for name, (curve, how) in value.items())
    return ', '.join(map(str, value)) or 'none' if isinstance(value, tuple) else str(value)


_NO_NORM = {name: how for name, how in MEASURES.items() if name != 'NP'}
_UAV = ('uav123', 'uav123_10fps', 'uav20l')

_OTB = Protocol(
    'otb', 'matlab', 'tracker_benchmark v1.0: util/calcSeqErrRobust.m, perfPlot.m', long='error',
    repeated=('nan', 'negative', 'zero'), valid='positive', drop_dead_curves=True)

_PYTRACKING = Protocol(
    'pytracking', 'pytracking', 'visionml/pytracking: pytracking/analysis/extract_results.py, plot_results.py',
    short='zeros', refused=('nan', 'negative'), repeated=('zero',), nan_truth='error', valid='positive',
    invalid=('miss', 'hit'), curves='float32', averages='float32')
_STARK = replace(
    _PYTRACKING, name='stark', family='stark', valid='size',
    source='researchmm/Stark, botaoye/OSTrack, MCG-NJU/MixFormer: lib/test/analysis/extract_results.py')

_GOT10K = Protocol(
    'got10k', 'got10k', 'got-10k/toolkit: got10k/experiments/got10k.py, got10k/utils/metrics.py',
    success=np.linspace(0, 1, 101), pixel=0, guard=float(np.finfo(float).eps), clipped=True, first='dropped',
    measures={'AO': ('overlap', 'mean'), 'SR0.5': ('success', 50), 'SR0.75': ('success', 75)}, long='error',
    nan_overlap='error', valid='any', absent='dropped', pooled=True, speed='frames')
_GOT10K_OTB = replace(
    _GOT10K, name='got10k_otb', source='got-10k/toolkit: got10k/experiments/otb.py', sets=('otb', 'nfs'),
    success=OVERLAPS, norm_precision=HALF, measures=_NO_NORM, clipped=False, norm='distance', first='truth',
    long='cut', short='cut', nan_overlap='kept', absent='ignored', pooled=False, speed='sequences')
_GOT10K_UAV = replace(
    _GOT10K_OTB, name='got10k_uav123', source='got-10k/toolkit: got10k/experiments/uav123.py', sets=_UAV,
    valid='known', invalid='dropped')

_LORAT = Protocol(
    'lorat', 'lorat', 'LitingLin/LoRAT: result_collector/handler/one_pass_evaluation/ope_metrics.py', at_least=True,
    norm_precision=HALF, measures={**MEASURES, 'AO': ('overlap', 'mean')}, pixel=0, corners=0.0, centre='corners',
    first='result', long='error', missed=('nan', 'negative', 'zero'), invalid='dropped', zero_overlap_misses=True,
    speed='time')
_LORAT_STARK = Protocol(
    'lorat_stark', 'lorat_stark',
    'LitingLin/LoRAT: result_collector/handler/one_pass_evaluation_compatible/ope_metrics.py',
    corners=0.0, first='result', long='error', invalid=('miss', 'hit'), curves='float32', speed='time')

_PYSOT = Protocol(
    'pysot', 'pysot', 'STVIR/pysot: toolkit/utils/statistics.py, toolkit/evaluation/ope_benchmark.py', pixel=0,
    norm='guarded', first='result', long='error', valid_centre=True)


def _by_sets(row: Protocol) -> tuple[Protocol, ...]:
    """pytracking and what came of it: the row, and what it does otherwise on some sets."""
    return (
        row,
        replace(row, name=f'{row.name}_lasot', sets=('lasot',), short='error', absent='miss'),
        replace(row, name=f'{row.name}_uav', sets=_UAV, nan_truth='kept', invalid=('hit', 'hit')),
        replace(row, name=f'{row.name}_lasot_ext', sets=('lasot_ext',), absent='invalid'))


_ROWS = (
    _OTB,
    replace(_OTB, name='uav123', source='the toolkit of UAV123, a copy of tracker_benchmark v1.0', sets=_UAV),
    replace(_OTB, name='lasot', sets=('lasot', 'lasot_ext'), long='cut', absent='miss',
            source='HengLan/LaSOT_Evaluation_Toolkit: utils/calc_seq_err_robust.m, eval_tracker.m, plot_draw_save.m'),
    *_by_sets(_PYTRACKING), *_by_sets(_STARK),
    _PYSOT, replace(_PYSOT, name='pysot_absent', sets=('lasot',), absent='miss'),
    _GOT10K, _GOT10K_OTB, _GOT10K_UAV,
    replace(_GOT10K_UAV, name='got10k_lasot', source='got-10k/toolkit: got10k/experiments/lasot.py',
            sets=('lasot', 'lasot_ext'), measures={**_NO_NORM, 'NP': ('norm_precision', 'mean')}),
    _LORAT, replace(_LORAT, name='lorat_flags', sets=('lasot', 'lasot_ext'), absent='dropped'),
    _LORAT_STARK,
    replace(_LORAT_STARK, name='lorat_stark_lasot', sets=('lasot',), corners=1.0, absent='miss'),
    replace(_LORAT_STARK, name='lorat_stark_uav', sets=_UAV, invalid=('hit', 'hit')),
    Protocol(
        'trackingnet', 'trackingnet', 'SilvioGiancola/TrackingNet-devkit: metrics.py, the code of the server',
        at_least=True, precision=np.linspace(0, 50, 21), norm_precision=np.linspace(0, 0.5, 21), rounded=True,
        centre='w+1', norm='products', short='miss', missing='zeros', valid='any',
        measures={'AUC': ('success', 'area'), 'P': ('precision', 'area'), 'NP': ('norm_precision', 'area'),
                  'coverage': ('covered', 'pooled')}),
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({row.name: row for row in _ROWS})
"""Every row by name."""


def choose(name: str, dataset: str) -> list[Protocol]:
    """The rows a name stands for on a set.

    Args:
        name: a row; a toolkit, for the row it uses on that set; or 'all', every toolkit once.
        dataset: name of the set, such as 'lasot' or 'uav123'.
    """
    families: dict[str, list[Protocol]] = {}
    for row in _ROWS:
        families.setdefault(row.family, []).append(row)
    if name == 'all':
        return [choose(family, dataset)[0] for family in families]
    if name in families:
        general = [row for row in families[name] if not row.sets]
        return [next((row for row in families[name] if dataset in row.sets), general[0])]
    if name in PROTOCOLS:
        return [PROTOCOLS[name]]
    raise ValueError(f'there is no protocol {name!r}; known: {", ".join([*PROTOCOLS, "matlab", "all"])}.')
