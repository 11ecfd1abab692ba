"""Search of training settings: a planted optimum is found, what crashes is said, and a study goes on where it was."""

import math
import re

import numpy as np
import pytest

from tests.data.datasets.layouts import own_videos
from vtzoo.cli import main
from vtzoo.sweep.plan import Budget, Plan, Variant
from vtzoo.tuning import training
from vtzoo.tuning.training import Choice, Span, search_training, space_from

TINY = 'tests/configs/run_tiny.py'
RATE = 'optim_wrapper.optimizer.lr'
SPACE = space_from([f'{RATE}=1e-5..1e-1', 'model.fusion.topk=[2,4]'])


@pytest.fixture
def planted(monkeypatch):
    """Trials that cost nothing: best at a rate of 3e-3 with topk=2; topk=4 above a rate of 0.03 crashes."""
    pytest.importorskip('optuna')
    ran = []

    def score(options):
        return 60 - 10 * abs(math.log10(options[RATE] / 3e-3)) - 5 * (options['model.fusion.topk'] == 4)

    def run(plan, variant, out, steps, protocol):
        ran.append(variant)
        bad = variant.options['model.fusion.topk'] == 4 and variant.options[RATE] > 0.03
        return (None, 'the loss is not finite') if bad else (score(variant.options), None)

    monkeypatch.setattr(training, '_run', run)
    monkeypatch.setattr(training, '_scores', lambda plan, variants, out, protocol: {
        variant.name: ('AO', np.full(5, score(ran[int(variant.name.removeprefix('trial'))].options)))
        for variant in variants})
    return ran


def plan():
    return Plan([Variant('config', TINY)], [0], 'synthetic_val', Budget(steps=4))


def test_a_planted_optimum_is_found(planted, tmp_path):
    said = search_training(plan(), SPACE, 30, 0, tmp_path)
    lr, topk = re.search(rf'--cfg-options {RATE}=(\S+) model.fusion.topk=(\d)', said).groups()
    assert 1e-3 < float(lr) < 9e-3
    assert topk == '2'
    assert '30 trials of synthetic_val' in said
    assert 'one seed each' in said
    assert planted[0].options == {RATE: 1e-3, 'model.fusion.topk': 4}, "the config's own settings come first"


def test_a_study_that_was_stopped_proposes_what_an_undisturbed_one_does(planted, tmp_path):
    whole = search_training(plan(), SPACE, 8, 0, tmp_path / 'once')
    once = [variant.options for variant in planted]
    planted.clear()
    for trials in (3, 8):
        parts = search_training(plan(), SPACE, trials, 0, tmp_path / 'twice')
    assert [variant.options for variant in planted] == once
    assert parts == whole
    with pytest.raises(ValueError, match=r'holds a study of something else \(.*budget'):
        search_training(Plan([Variant('config', TINY)], [0], 'synthetic_val', Budget(steps=5)), SPACE, 9, 0,
                        tmp_path / 'twice')


def test_what_crashes_is_said_and_the_search_goes_on(planted, tmp_path):
    said = search_training(plan(), space_from([f'{RATE}=0.02..0.1', 'model.fusion.topk=[2,4]']), 12, 0, tmp_path)
    assert re.search(r'12 trials of synthetic_val, [1-9]\d* of them failed', said)
    assert 'failed: the loss is not finite' in said
    with pytest.raises(ValueError, match='no trial was finished'):
        search_training(plan(), space_from([f'{RATE}=0.05..0.1', 'model.fusion.topk=[4]']), 2, 0, tmp_path / 'all')


@pytest.mark.parametrize(('text', 'space'), [
    ('a.lr=1e-4..1e-2', Span(1e-4, 1e-2)), ('a.n = 2 .. 64', Span(2, 64)), ('a.k=[8,None]', Choice([8, None])),
    ('a.t=[MAM,QueryHead]', Choice(['MAM', 'QueryHead'])), ('a.x=-1..1', Span(-1, 1))])
def test_what_is_searched(text, space):
    assert next(iter(space_from([text]).values())) == space


@pytest.mark.parametrize('text', ['a.lr', 'a.lr=3', 'a.lr=2..1', 'a.lr=1..', 'a.lr=x..y', 'a.lr=[]', 'a.lr=inf..2',
                                  'a.lr=True..2', 'a.lr=1..2..3'])
def test_what_is_searched_and_cannot_be(text):
    with pytest.raises(ValueError, match=r'is written|takes no value'):
        space_from([text])


@pytest.mark.parametrize(('words', 'why'), [
    (['model.pth', '--benchmark', 'synthetic_val', '--train', 'a.b=1..2'], 'leave out the checkpoint'),
    (['--benchmark', 'lasot', '--train', 'a.b=1..2'], 'lasot is a test set'),
    (['--benchmark', 'synthetic_val', '--train', 'a.b=1'], 'KEY=LOW..HIGH or KEY='),
    (['--benchmark', 'synthetic_val', '--train', 'modle.b=1..2', '--budget', '4steps'], "did you mean 'model'"),
    (['--benchmark', 'synthetic_val', '--budget', '4steps'], 'belong to --train'),
    (['--benchmark', 'synthetic_val', '--train', 'a.b=1..2', '--budget', '4'], 'a budget is written')])
def test_bad_input_is_a_sentence(words, why, capsys, tmp_path):
    pytest.importorskip('optuna')
    assert main(['tune', TINY, *words, '--out', str(tmp_path / 'out')]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.slow
def test_real_trials_are_runs_of_a_sweep(tmp_path, capsys):
    pytest.importorskip('optuna')
    own_videos(tmp_path / 'videos', ['v0', 'v1'], 'val')
    words = ['tune', TINY, '--train', f'{RATE}=1e-4..1e-2', '--budget', '4steps', '--benchmark',
             f'own:{tmp_path / "videos"}', '--out', str(tmp_path / 'out'), '--trials']
    assert main([*words, '1']) == 0
    assert main([*words, '2']) == 0
    said = capsys.readouterr().out
    assert '2 trials of own_videos' in said or '2 trials of own:' in said
    assert (tmp_path / 'out' / 'runs' / 'trial1' / 'seed0' / 'run' / 'iter_4.pth').is_file()
    assert not (tmp_path / 'out' / 'runs' / 'trial2').exists()
