"""The one scorer: what a :class:`~vtzoo.evaluation.scoring.protocols.Protocol` says of trackers' results.

Orders of operation follow the toolkits', because rounding decides whether an overlap of 1 exceeds 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from vtzoo.evaluation.scoring.alignment import RefusedError, Truth, align
from vtzoo.evaluation.scoring.measures import measure
from vtzoo.evaluation.scoring.protocols import How, Protocol
from vtzoo.evaluation.scoring.success_counts import Counts, count


@dataclass(frozen=True)
class Case:
    """A sequence and a tracker's results on it.

    Args:
        name: of the sequence.
        truth: what it is judged by.
        boxes: (F, 4) x y w h of each repetition, of which only pooling protocols use more than the first;
            empty: there are no results.
        seconds: (F,) per frame, or (F, repetitions); None: unknown.
    """

    name: str
    truth: Truth
    boxes: Sequence[np.ndarray]
    seconds: np.ndarray | None = None


@dataclass(frozen=True)
class Scores:
    """What a protocol says of one tracker. Scores are percentages, curves shares 0..1.

    Args:
        protocol: the rules.
        names: of the S scored sequences.
        frames: (S,) how many frames count in each, over its repetitions.
        scores: score -> (S,), sequence by sequence.
        curves: curve -> (S, K).
        overall: score -> over all scored sequences.
        overall_curves: curve -> (K,).
        fps: (S,) frames per second, NaN where unknown.
        overall_fps: None where unknown.
        faults: sequence -> why the protocol refuses it. The overall scores are without these.
    """

    protocol: Protocol
    names: list[str]
    frames: np.ndarray
    scores: dict[str, np.ndarray]
    curves: dict[str, np.ndarray]
    overall: dict[str, float]
    overall_curves: dict[str, np.ndarray]
    fps: np.ndarray
    overall_fps: float | None
    faults: dict[str, str]


def score(rules: Protocol, trackers: Mapping[str, Iterable[Case]]) -> dict[str, Scores]:
    """Judge trackers by one protocol.

    They are judged together because pytracking averages in float32, in an order that depends on how many
    trackers it is given: alone, a tracker's last digits differ (by up to 1e-5 percent).

    Args:
        trackers: name -> its results.

    Raises:
        ValueError: a tracker has no sequence that can be scored; says why.
    """
    scores, refused = score_each(rules, trackers)
    if refused:
        raise ValueError(next(iter(refused.values())))
    return scores


def score_each(rules: Protocol, trackers: Mapping[str, Iterable[Case]]) -> tuple[dict[str, Scores], dict[str, str]]:
    """Judge trackers by one protocol, see :func:`score` -> scores of those that it can score, and why not the others.

    The others do not count among the trackers that are judged together.
    """
    counted, refused = {}, {}
    for name, cases in trackers.items():
        try:
            counted[name] = _count(rules, name, cases)
        except RefusedError as error:
            refused[name] = str(error)
    averages = _averages(rules, counted)
    return {name: _scores(rules, results, averages[name]) for name, results in counted.items()}, refused


@dataclass(frozen=True)
class _Counted:
    """A tracker's S scored sequences and their counts; shares (S,): frames that a curve is a share of; curves (S, K);
    and why the other sequences are not scored."""

    cases: list[Case]
    counts: list[Counts]
    shares: np.ndarray
    curves: dict[str, np.ndarray]
    faults: dict[str, str]


def _count(rules: Protocol, tracker: str, cases: Iterable[Case]) -> _Counted:
    kept, faults = [], {}
    for case in cases:
        try:
            kept.append((case, _count_case(rules, case)))
        except RefusedError as refused:
            faults[case.name] = str(refused)
    if not kept:
        reasons = '; '.join(f'{name}: {why}' for name, why in list(faults.items())[:3])
        raise RefusedError(f'{rules.name} can score no sequence of {tracker} ({reasons or "none was given"}).')
    scored, counts = map(list, zip(*kept, strict=True))
    shares = np.array([item.valid if rules.counted == 'valid' else item.frames for item in counts])
    curves = {name: (np.array([item.curves[name] for item in counts]) / shares[:, None]).astype(rules.curves)
              for name in rules.grids()}
    if rules.drop_dead_curves and (dead := [name for name, values in curves.items() if not _alive(values).any()]):
        raise RefusedError(f'{rules.name} leaves out sequences whose {dead[0]} is zero everywhere, and all '
                           f'of {tracker} are.')
    return _Counted(scored, counts, shares, curves, faults)


def _count_case(rules: Protocol, case: Case) -> Counts:
    if not case.boxes and rules.missing == 'error':
        raise RefusedError('there are no results')
    repetitions = list(case.boxes if rules.pooled else case.boxes[:1]) or [np.zeros_like(case.truth.boxes)]
    total = None
    for boxes in repetitions:
        counts = count(rules, measure(rules, align(rules, case.truth, boxes)))
        total = counts if total is None else total + counts
    if not total.frames:
        raise RefusedError('none of its frames counts')
    if not total.defined:
        raise RefusedError('a box that is NaN leaves an overlap undefined')
    return total


def _averages(rules: Protocol, trackers: Mapping[str, _Counted]) -> dict[str, dict[str, torch.Tensor]]:
    """tracker -> curve -> (K,) percent, over its sequences."""
    alike: dict[tuple, list[str]] = {}  # trackers with the same sequences, which torch averages at once
    for name, results in trackers.items():
        alike.setdefault(tuple(case.name for case in results.cases), []).append(name)
    averages: dict[str, dict[str, torch.Tensor]] = {name: {} for name in trackers}
    for names in alike.values():
        for curve in rules.grids():
            if rules.averages == 'float32':
                stacked = np.stack([trackers[name].curves[curve] for name in names], 1)  # (S, trackers, K)
                found = torch.from_numpy(stacked).mean(0) * 100
            else:
                found = [_average(rules, trackers[name], curve) for name in names]
            for name, average in zip(names, found, strict=True):
                averages[name][curve] = average
    return averages


def _average(rules: Protocol, results: _Counted, curve: str) -> torch.Tensor:
    """(K,) percent."""
    if rules.pooled:
        return torch.from_numpy(sum(item.curves[curve] for item in results.counts) / results.shares.sum() * 100)
    curves = results.curves[curve].astype(np.float64)
    if rules.drop_dead_curves:
        curves = curves[_alive(curves)]
    return torch.from_numpy(curves.mean(0) * 100)


def _alive(curves: np.ndarray) -> np.ndarray:
    """(S, K) -> (S,) bool: which curves are not zero everywhere."""
    return curves.astype(np.float64).sum(1) > np.finfo(float).eps


def _scores(rules: Protocol, results: _Counted, averages: Mapping[str, torch.Tensor]) -> Scores:
    scores, overall = {}, {}
    for name, (curve, how) in rules.measures.items():
        if curve in results.curves:
            scores[name] = np.array([_read(row, how) for row in results.curves[curve]]) * 100
            overall[name] = _read(averages[curve], how)
        else:
            sums = np.array([item.sums[curve] for item in results.counts])
            scores[name] = sums / results.shares * 100
            pooled = rules.pooled or how == 'pooled'
            overall[name] = float(sums.sum() / results.shares.sum() * 100 if pooled else scores[name].mean())
    fps, overall_fps = _speed(rules, [case.seconds for case in results.cases])
    return Scores(rules, [case.name for case in results.cases],
                  np.array([item.frames for item in results.counts]), scores, results.curves, overall,
                  {name: values.numpy() / 100 for name, values in averages.items()}, fps, overall_fps, results.faults)


def _read(curve: np.ndarray | torch.Tensor, how: How) -> float:
    """A curve's score, on the curve's own scale."""
    if how == 'mean':
        return float(curve.mean())
    if how == 'area':
        return float(((curve[1:] + curve[:-1]) / 2).mean())
    return float(curve[how])


def _speed(rules: Protocol, seconds: Sequence[np.ndarray | None]) -> tuple[np.ndarray, float | None]:
    """-> frames per second of each sequence (S,), NaN where unknown, and of all."""
    times = [np.empty(0) if values is None or rules.speed is None else np.ravel(values) for values in seconds]
    if rules.speed != 'time':
        times = [values[values > 0] for values in times]  # NaN is not
    if not any(map(len, times)):
        return np.full(len(times), np.nan), None
    if rules.speed == 'time':
        means = np.array([values.mean() if len(values) else np.nan for values in times])
        return 1 / means, float(1 / np.nanmean(means))
    rates = np.array([(1 / values).mean() if len(values) else np.nan for values in times])
    return rates, float((1 / np.concatenate(times)).mean() if rules.speed == 'frames' else np.nanmean(rates))
