"""Protocols against the toolkits' own code (tests/data/evaluation/README.md says which)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from vtzoo.evaluation.scoring.alignment import Truth, align
from vtzoo.evaluation.scoring.measures import measure
from vtzoo.evaluation.scoring.protocols import PROTOCOLS, choose
from vtzoo.evaluation.scoring.score import Case, score

GOLDEN = Path(__file__).parents[1] / 'data/evaluation/golden_metrics.npz'
ROWS = {
    'pytracking/lasot': 'pytracking_lasot', 'pytracking/uav': 'pytracking_uav', 'pytracking/otb': 'pytracking',
    'stark/lasot': 'stark_lasot', 'stark/uav': 'stark_uav', 'stark/otb': 'stark',
    'pysot/plain': 'pysot', 'pysot/absent': 'pysot_absent',
    'got10k/otb': 'got10k_otb', 'got10k/uav123': 'got10k_uav123', 'got10k/lasot': 'got10k_lasot',
    'got10k/got10k': 'got10k', 'lorat_native/noflag': 'lorat', 'lorat_native/flag': 'lorat_flags',
    'lorat_compat/LaSOT': 'lorat_stark_lasot', 'lorat_compat/UAV123': 'lorat_stark_uav',
    'lorat_compat/OTB2015': 'lorat_stark', 'trackingnet': 'trackingnet', 'lasot_matlab': 'lasot'}
NAMES = {
    'AUC': ('auc', 'success_score', 'success'), 'P': ('precision', 'precision_score'),
    'NP': ('norm_precision', 'norm_precision_score'), 'SR0.5': ('op50', 'sr50', 'success_rate'),
    'SR0.75': ('op75', 'sr75'), 'AO': ('ao', 'average_overlap'), 'coverage': ('coverage',)}
CURVES = ('success', 'precision', 'norm_precision')
FLOAT32 = 1e-9 if torch.backends.cpu.get_cpu_capability() == 'AVX512' else 8e-6
"""pytracking and STARK average in float32, whose last digit depends on the processor's vector width."""


@cache
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as file:
        return dict(file)


@cache
def cases(tracker: str, row: str) -> tuple[Case, ...]:
    g, found = golden(), []
    for name in map(str, g['sequences']):
        part = {key: g[f'input/{name}/{key}'] for key in ('gt', 'absent', 'cover', 'image_size', f'pred_{tracker}')}
        absent = part['cover'] == 0 if row == 'got10k' else part['absent'] == 1
        boxes, seconds = [part[f'pred_{tracker}']], g[f'input/{name}/time_{tracker}']
        if row == 'got10k' and tracker == 'b':
            boxes += [g[f'input/{name}/pred_b_rep2'], g[f'input/{name}/pred_b_rep3']]
            seconds = np.stack([seconds, 1.2 * seconds, 1.3 * seconds], 1)
        found.append(Case(name, Truth(part['gt'], absent, tuple(part['image_size'])), boxes, seconds))
    return tuple(found)


def percent(prefix: str, key: str, index: int) -> float:
    already = prefix.startswith(('pytracking', 'stark', 'trackingnet'))
    return float(golden()[key][index]) * (1 if already else 100)


@cache
def judged(prefix: str, accepted_only: bool = False):
    row = ROWS[prefix]
    accepted = golden()[f'{prefix}/accepted'] if accepted_only else [True] * 12
    return score(PROTOCOLS[row], {tracker: [case for case, ok in zip(cases(tracker, row), accepted, strict=True) if ok]
                                  for tracker in 'ab'})


@pytest.mark.parametrize('prefix', ROWS)
def test_every_count_of_every_curve_is_the_toolkits(prefix):
    g, compared = golden(), 0
    for index, tracker in enumerate('ab'):
        scores = judged(prefix)[tracker]
        for i, name in enumerate(scores.names):
            for curve in scores.curves:
                recorded = g.get(f'{prefix}/{name}/{curve}_curve')
                assert recorded is not None
                frames, ours = scores.frames[i], scores.curves[curve][i].astype(float)
                assert np.array_equal(np.rint(ours * frames), np.rint(recorded[index].astype(float) * frames))
                assert np.abs(ours - recorded[index]).max() < 1e-12
                compared += 1
    assert compared >= 18


@pytest.mark.parametrize('prefix', ROWS)
def test_a_sequence_is_refused_where_the_toolkit_raises_or_says_nan(prefix):
    g = golden()
    for index, tracker in enumerate('ab'):
        stopped = {name for name in map(str, g['sequences'])
                   if (f'{prefix}/{name}/raises' in g and g[f'{prefix}/{name}/raises'][index])
                   or np.isnan(g.get(f'{prefix}/{name}/ao', np.zeros(2))[index])}
        assert set(judged(prefix)[tracker].faults) == stopped


@pytest.mark.parametrize('prefix', ROWS)
def test_scores_of_each_sequence_are_the_toolkits(prefix):
    g = golden()
    for index, tracker in enumerate('ab'):
        scores = judged(prefix)[tracker]
        for i, name in enumerate(scores.names):
            for ours, theirs in NAMES.items():
                for key in (f'{prefix}/{name}/{their}' for their in theirs):
                    if key in g and ours in scores.scores:
                        assert scores.scores[ours][i] == pytest.approx(percent(prefix, key, index), abs=1e-9)
            for key in (f'{prefix}/{name}/fps', f'{prefix}/{name}/speed_fps'):
                if key in g:
                    assert scores.fps[i] == pytest.approx(g[key][index], rel=1e-12)


@pytest.mark.parametrize('prefix', ROWS)
def test_overall_scores_are_the_toolkits(prefix):
    g, compared = golden(), 0
    for index, tracker in enumerate('ab'):
        scores = judged(prefix, accepted_only=True)[tracker]
        assert not scores.faults
        bound = FLOAT32 if scores.protocol.averages == 'float32' else 1e-9
        for ours, theirs in NAMES.items():
            for key in (f'{prefix}/{their}' for their in theirs):
                if key in g and ours in scores.overall:
                    assert scores.overall[ours] == pytest.approx(percent(prefix, key, index), abs=bound)
                    compared += 1
        for curve, values in scores.overall_curves.items():
            if f'{prefix}/{curve}_curve' in g:
                assert np.abs(values - g[f'{prefix}/{curve}_curve'][index]).max() < 1e-9
        for key in (f'{prefix}/fps', f'{prefix}/speed_fps'):
            if key in g:
                assert scores.overall_fps == pytest.approx(g[key][index], rel=1e-12)
    assert compared >= 4


@pytest.mark.parametrize('prefix', [prefix for prefix in ROWS if prefix.startswith(('pytracking', 'stark'))])
def test_leaving_out_invalid_frames_is_one_field(prefix):
    g, row = golden(), ROWS[prefix]
    accepted = g[f'{prefix}/accepted']
    rules = replace(PROTOCOLS[row], counted='valid')
    scores = score(rules, {tracker: [case for case, ok in zip(cases(tracker, row), accepted, strict=True) if ok]
                           for tracker in 'ab'})
    for index, tracker in enumerate('ab'):
        for ours, theirs in (('AUC', 'auc'), ('SR0.5', 'op50'), ('SR0.75', 'op75'), ('P', 'precision'),
                             ('NP', 'norm_precision')):
            recorded = float(g[f'{prefix}/exclude_invalid_{theirs}'][index])
            assert scores[tracker].overall[ours] == pytest.approx(recorded, abs=FLOAT32)
        for i, name in enumerate(scores[tracker].names):
            recorded = g[f'{prefix}/{name}/success_curve_exclude_invalid'][index]
            assert np.abs(scores[tracker].curves['success'][i] - recorded).max() < 1e-12


@pytest.mark.parametrize('prefix', [prefix for prefix in ROWS if f'{prefix}/seq00/frame_center_error' in golden()])
def test_every_frame_is_measured_as_the_toolkit_does(prefix):
    g, rules = golden(), PROTOCOLS[ROWS[prefix]]
    for index, tracker in enumerate('ab'):
        for case in cases(tracker, rules.name):
            if case.name in judged(prefix)[tracker].faults:
                continue
            frames = measure(rules, align(rules, case.truth, case.boxes[0]))
            kept = ~case.truth.absent if rules.name == 'lasot' else slice(None)  # the toolkit removes them
            for ours, theirs in (('overlap', 'iou'), ('error', 'center_error'), ('norm_error', 'norm_center_error')):
                recorded = g[f'{prefix}/{case.name}/frame_{theirs}'][index]
                got = getattr(frames, ours)[kept]
                np.testing.assert_allclose(got, recorded, rtol=0, atol=1e-12)
            if f'{prefix}/{case.name}/frame_valid' in g:
                assert np.array_equal(frames.valid, g[f'{prefix}/{case.name}/frame_valid'][index].astype(bool))


@pytest.mark.parametrize('row', ['otb', 'uav123'])
def test_otb_and_uav123_are_lasots_rules_before_it_had_flags(row):
    """Their toolkits were not recorded; LaSOT's grew out of them, and counts alike where nothing is flagged absent."""
    g, compared = golden(), 0
    for index, tracker in enumerate('ab'):
        scores = score(PROTOCOLS[row], {tracker: cases(tracker, row)})[tracker]
        assert set(scores.faults) == {'seq09'}
        for case in cases(tracker, row):
            if case.truth.absent.any() or case.name in scores.faults:
                continue
            for curve, values in scores.curves.items():
                recorded = g[f'lasot_matlab/{case.name}/{curve}_curve'][index]
                assert np.abs(values[scores.names.index(case.name)] - recorded).max() < 1e-12
                compared += 1
    assert compared >= 30


def test_a_sequence_missing_from_a_trackingnet_submission_is_zero_boxes():
    g = golden()
    assert 'trackingnet/missing_seq00/success' in g
    for index, tracker in enumerate('ab'):
        held = [replace(case, boxes=[]) if case.name == 'seq00' else case for case in cases(tracker, 'trackingnet')]
        overall = score(PROTOCOLS['trackingnet'], {tracker: held})[tracker].overall
        for ours, theirs in (('AUC', 'success'), ('P', 'precision'), ('NP', 'norm_precision'),
                             ('coverage', 'coverage')):
            recorded = g[f'trackingnet/missing_seq00/{theirs}'][index]
            assert overall[ours] == pytest.approx(recorded, abs=1e-9)


def test_a_missing_sequence_is_named_elsewhere():
    held = [replace(case, boxes=[]) if case.name == 'seq00' else case for case in cases('a', 'lasot')]
    assert score(PROTOCOLS['lasot'], {'a': held})['a'].faults['seq00'] == 'there are no results'


def test_a_tracker_judged_alone_differs_by_a_rounding_of_float32_only():
    together = judged('pytracking/otb', accepted_only=True)['a'].overall
    accepted = golden()['pytracking/otb/accepted']
    alone = [case for case, ok in zip(cases('a', 'pytracking'), accepted, strict=True) if ok]
    alone = score(PROTOCOLS['pytracking'], {'a': alone})['a'].overall
    assert all(abs(alone[name] - together[name]) < 1e-5 for name in together)


def test_the_got10k_package_agrees():
    judge = pytest.importorskip('got10k.utils.metrics', reason='the extra [test] brings got10k')
    rng = np.random.default_rng(3)
    truth = rng.uniform(1, 100, (400, 4)).round(2)
    boxes = np.where(rng.random((400, 1)) < 0.3, truth, truth + rng.normal(0, 15, (400, 4)))
    boxes[:, 2:] = np.abs(boxes[:, 2:])
    rules, size = PROTOCOLS['got10k'], (110, 90)
    frames = measure(rules, align(rules, Truth(truth, None, size), boxes))
    recorded = judge.rect_iou(boxes[1:].copy(), truth[1:].copy(), bound=size)
    assert np.array_equal(frames.overlap, recorded)
    rules = PROTOCOLS['got10k_otb']
    frames = measure(rules, align(rules, Truth(truth), boxes))
    boxes[0] = truth[0]
    assert np.array_equal(frames.overlap, judge.rect_iou(boxes, truth))
    assert np.array_equal(frames.error, judge.center_error(boxes, truth))
    scores = score(rules, {'x': [Case('s', Truth(truth), [boxes])]})['x']
    expected = np.mean(np.greater(judge.rect_iou(boxes, truth)[:, None], np.linspace(0, 1, 21)), 0)
    assert np.array_equal(scores.curves['success'][0], expected)


def test_metrics_over_no_frames_are_an_error():
    with pytest.raises(ValueError, match='lasot can score no sequence of x'):
        score(PROTOCOLS['lasot'], {'x': []})
    nothing = Truth(np.full((5, 4), np.nan), np.ones(5, bool), (64, 64))
    with pytest.raises(ValueError, match='none of its frames counts'):
        score(PROTOCOLS['lorat'], {'x': [Case('s', nothing, [np.ones((5, 4))])]})
    with pytest.raises(ValueError, match='zero everywhere'):
        score(PROTOCOLS['lasot'], {'x': [Case('s', nothing, [np.ones((5, 4))])]})


def test_a_toolkit_uses_its_own_row_on_each_set():
    assert [row.name for row in choose('pytracking', 'lasot')] == ['pytracking_lasot']
    assert [row.name for row in choose('pytracking', 'trackingnet')] == ['pytracking']
    assert [row.name for row in choose('pytracking_uav', 'lasot')] == ['pytracking_uav']
    assert [row.name for row in choose('otb', 'lasot')] == ['otb']
    assert [row.name for row in choose('matlab', 'lasot')] == ['lasot']
    assert [row.name for row in choose('all', 'uav123')] == [
        'uav123', 'pytracking_uav', 'stark_uav', 'pysot', 'got10k_uav123', 'lorat', 'lorat_stark_uav', 'trackingnet']
    with pytest.raises(ValueError, match="there is no protocol 'lassot'; known: otb"):
        choose('lassot', 'lasot')


def test_the_same_files_score_differently_and_the_names_say_so():
    accepted = golden()['pytracking/uav/accepted']
    found = {}
    for rules in choose('all', 'uav123'):
        held = [case for case, ok in zip(cases('a', 'uav123'), accepted, strict=True) if ok and case.name != 'seq09']
        found[rules.name] = score(rules, {'a': held})['a'].overall['AUC']
    assert len(set(found.values())) == len(found)
    assert max(found.values()) - min(found.values()) > 2
