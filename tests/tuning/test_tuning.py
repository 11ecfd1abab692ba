"""Tuning: a planted optimum is found, nothing is fitted to a test set, and a study goes on where it was."""

import itertools
import sys

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.cli import main
from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.benchmarks import find_benchmark
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.inference.online import OnlineTracker
from vtzoo.structures import Boxes
from vtzoo.tuning.maps import MappedTracker, Maps
from vtzoo.tuning.report import lost_threshold, report
from vtzoo.tuning.search import Task, search
from vtzoo.tuning.space import Range, changed, space_of, validation

SIDE = 7
HANN = np.outer(np.hanning(SIDE), np.hanning(SIDE)).ravel()
TARGET, FAR, MIDDLE = 2 * SIDE + 3, 3, 3 * SIDE + 3  # cells: one above the middle, at the upper edge, the middle
SCORES = {TARGET: 0.6, FAR: 0.9, MIDDLE: 0.3}
LOW = 0.3 / (0.3 + HANN[TARGET] - HANN[FAR])  # below it the far look-alike wins, above HIGH whatever is in the middle
HIGH = 0.3 / (0.3 + HANN[MIDDLE] - HANN[TARGET])


@pytest.fixture
def model(monkeypatch):
    """A tracker whose network always says the same: the target moves on, beside two look-alikes."""
    model = vtzoo.build_model('tests/configs/sparsett_tiny.py')
    scores = torch.tensor([[SCORES.get(cell, 0.01) for cell in range(SIDE * SIDE)]])
    size, middle = 0.25, (model.crop.search_size - 1) / 2 / model.crop.search_size
    cells = torch.tensor([(x, y) for y, x in itertools.product(range(SIDE), repeat=2)]) - SIDE // 2
    boxes = torch.cat([middle + cells * 0.05, torch.full((SIDE * SIDE, 2), size)], 1)[None]
    model.asked = 0

    def candidates(x, memory):
        model.asked += 1
        return None, Boxes(boxes, scores.logit(), confidence=scores)

    monkeypatch.setattr(model, 'candidates', candidates)
    monkeypatch.setattr(model, 'memorize', lambda z: z)
    return model.eval()


def settings(window=0.0):
    return dict(ranking=dict(type='WindowPenalty', penalty=0.0, window=window, rate=0.0))


@pytest.fixture
def sequences(model):
    """Videos whose truth is what the tracker says with a window in the middle of the good ones."""
    tracker = OnlineTracker(model, **settings((LOW + HIGH) / 2))
    found = []
    for i in range(5):
        start = np.tile([60.0 + 5 * i, 160.0, 20.0, 20.0], (6, 1))
        video = TrackingSequence(f'v{i}', np.full((6, 240, 240, 3), 10 * i, np.uint8), start, np.ones(6, bool))
        found.append(TrackingSequence(video.name, video.frames, run_sequence(tracker, video).boxes, video.visible))
    model.asked = 0
    return found


def task(model, sequences, **about):
    return Task(model, settings(), {'ranking.window': Range(0.0, 0.6, False, 0.0)}, sequences,
                find_benchmark('synthetic').scored_by(), 'cpu', about)


def test_a_planted_optimum_is_found_and_the_network_is_not_run_for_mere_choices(model, sequences, tmp_path):
    pytest.importorskip('optuna')
    assert 0.1 < LOW < HIGH < 0.6
    maps, one = Maps(), task(model, sequences)
    found = search(one, 16, 0, tmp_path, maps)
    assert LOW < found.values['ranking.window'] < HIGH
    assert found.scores.mean() == pytest.approx(100)
    assert found.default.mean() < 60
    assert found.pruned > 0
    assert found.finished + found.pruned == 16
    assert model.asked == maps.asked - maps.taken - len(sequences)  # the rest are templates
    assert model.asked <= 3 * len(sequences) * 5  # three ways through each video, however many trials
    said = report(one, found, maps)
    assert "tracking = dict(\n    ranking=dict(type='WindowPenalty', penalty=0.0, window=0." in said
    assert 'stopped early' in said


def test_a_study_that_was_stopped_is_that_which_was_not(model, sequences, tmp_path):
    pytest.importorskip('optuna')
    for trials in (3, 7):
        twice = search(task(model, sequences), trials, 4, tmp_path / 'twice', Maps())
    once = search(task(model, sequences), 7, 4, tmp_path / 'once', Maps())
    assert (once.values, once.pruned) == (twice.values, twice.pruned)
    assert np.array_equal(once.scores, twice.scores)
    with pytest.raises(ValueError, match=r'something else \(seed differ'):
        search(task(model, sequences), 9, 5, tmp_path / 'once', Maps())
    (tmp_path / 'bad').mkdir()
    (tmp_path / 'bad' / 'study.db').write_text('no database' * 100)
    with pytest.raises(ValueError, match='cannot be read as a study'):
        search(task(model, sequences), 1, 0, tmp_path / 'bad', Maps())


@pytest.mark.parametrize('config', ['mixformer_tiny_spm', 'sparsett_tiny'])
def test_a_tracker_with_maps_is_the_plain_one(config):
    torch.manual_seed(0)
    model = vtzoo.build_model(f'tests/configs/{config}.py').eval()
    online = dict(ranking=dict(type='Best') if 'mix' in config else dict(type='WindowPenalty'),
                  templates=dict(type='HighestScore', interval=2, threshold=0.0) if 'mix' in config else None)
    frames = np.random.default_rng(0).integers(0, 256, (5, 80, 90, 3), np.uint8)
    video = TrackingSequence('v', frames, np.tile([30.0, 30.0, 20.0, 16.0], (5, 1)), np.ones(5, bool))
    plain, maps = run_sequence(OnlineTracker(model, **online), video), Maps()
    for again in range(2):
        tracker = MappedTracker(maps, model, **online)
        tracker.sequence = 'v'
        result = run_sequence(tracker, video)
        assert np.array_equal(plain.boxes, result.boxes)
        assert np.array_equal(plain.scores, result.scores)
        assert (maps.taken >= 5) == bool(again)


def test_maps_stay_within_their_limit():
    maps = Maps(limit=100)
    for i in range(10):
        maps.once(i, lambda: (torch.zeros(10), None))
    assert maps.bytes <= 100
    assert maps.once(9, pytest.fail) is not None
    assert (maps.asked, maps.taken) == (11, 1)


def test_the_lost_threshold_separates_what_is_found_from_what_is_lost(model, sequences):
    cut = [TrackingSequence(one.name, one.frames, np.where(np.arange(6)[:, None] > 3, np.nan, one.boxes),
                            np.arange(6) <= 3) for one in sequences]
    assert lost_threshold(task(model, sequences), settings((LOW + HIGH) / 2), Maps()) is None  # it is never lost
    assert lost_threshold(task(model, cut), settings((LOW + HIGH) / 2), Maps()) is None  # all scores are the same


def test_what_is_searched_is_what_the_config_has():
    assert list(space_of({})) == ['ranking.rate']
    assert list(space_of(dict(templates=dict(type='HighestScore')))) == ['ranking.rate', 'templates.interval',
                                                                         'templates.threshold']
    assert space_of(dict(ranking=dict(type='WindowPenalty', penalty=2.0)))['ranking.penalty'].high == 2.0
    assert changed({}, {'ranking.rate': 0.5}) == dict(ranking=dict(type='Best', rate=0.5))


@pytest.mark.parametrize('name', ['synthetic', 'lasot', 'otb100', 'got10k_test', 'uav123', 'vot2020', 'own:data/test'])
def test_test_sets_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match='is a test set'):
        validation(name)


def test_validation_sets_are_taken(tmp_path):
    assert validation('synthetic_val').reader['split'] == 'val'
    assert validation('got10k_val').name == 'got10k_val'
    assert validation(f'own:{tmp_path}').dataset == 'own'
    with pytest.raises(ValueError, match='there is no benchmark'):
        validation('lasott')


def test_bad_input_is_a_sentence(tmp_path, capsys, monkeypatch):
    command = ['tune', 'tests/configs/sparsett_tiny.py', 'random', '--out', str(tmp_path / 'out'), '--benchmark']
    assert main([*command, 'synthetic_val', '--trials', '0']) == 2
    assert '--trials is at least 1' in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, 'optuna', None)
    assert main([*command, 'synthetic_val']) == 1
    assert "pip install 'vtzoo[tune]'" in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
