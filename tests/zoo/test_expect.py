"""`vtzoo test --expect`: what a card says was measured here, and whether a run agrees."""

from types import SimpleNamespace

import pytest

from vtzoo.cli import main
from vtzoo.zoo.cards import Card, model_card
from vtzoo.zoo.expect import expected, find_card, hold, remarks
from vtzoo.zoo.measured import add_results, with_bands
from vtzoo.zoo.schema import METRIC, problems

ARGS = dict(protocol='got10k', date='2026-01-31', revision='0123abc', checkpoint_sha256='a' * 64, command='vtzoo test')


def card(tmp_path, *metrics, name='tiny', benchmark='synthetic', source=None):
    result = dict(task=dict(type='visual-object-tracking', name='x'), dataset=dict(type=benchmark, name='x'),
                  metrics=list(metrics)) | (dict(source=source) if source else {})
    return Card(tmp_path / 'tiny.md', {'model-index': [dict(name=name, results=[result])],
                                       'vtzoo': dict(configs=[dict(config='nano/sparsett_nano')])}, '')


def judged(**scores):
    return dict(got10k=dict(tiny=SimpleNamespace(faults={}, overall=scores)))


@pytest.mark.parametrize(('band', 'now', 'verdict'), [
    (0.5, 44.2, True), (0.5, 44.9, True), (0.5, 45.16, False), (0.5, 44.14, False), (None, 44.654, True),
    (None, 44.67, False), (0, 44.65, True)])
def test_a_figure_lies_in_its_band_or_it_does_not(tmp_path, band, now, verdict):
    metric = dict(type='AO', value=44.65, args=ARGS) | ({} if band is None else dict(band=band))
    figures = expected(card(tmp_path, metric), 'tiny', 'synthetic', ['lasot', 'got10k'])
    table, passed = hold(figures, judged(AO=now), 'tiny')
    assert passed == verdict
    assert '44.65' in table.markdown()
    assert f'{now:.2f}' in table.markdown()
    assert ('FAIL' in table.markdown()) != verdict
    assert (len(remarks(figures, 'a' * 64)) == 1) == (band is None)
    assert 'other weights' in remarks(figures, None)[-1]


def test_one_measure_outside_fails_them_all_and_so_does_one_that_is_missing(tmp_path):
    figures = expected(card(tmp_path, dict(type='AO', value=40, args=ARGS, band=1),
                            dict(type='SR0.5', value=50, args=ARGS, band=1)), 'tiny', 'synthetic', ['got10k'])
    assert hold(figures, judged(AO=40.4, **{'SR0.5': 49.5}), 'tiny')[1]
    assert not hold(figures, judged(AO=40.4, **{'SR0.5': 48.5}), 'tiny')[1]
    assert not hold(figures, judged(AO=40.4), 'tiny')[1]
    assert not hold(figures, {}, 'tiny')[1]


@pytest.mark.parametrize(('asked', 'said'), [
    (('tiny', 'lasot', ['lasot']), 'it has: synthetic by got10k'), (('tiny', 'synthetic', ['otb']), 'by otb'),
    (('other', 'synthetic', ['got10k']), 'none of this config')])
def test_a_card_without_the_figure_says_what_it_has(tmp_path, asked, said):
    with pytest.raises(ValueError, match=said):
        expected(card(tmp_path, dict(type='AO', value=40, args=ARGS)), *asked)


def test_published_figures_are_not_held_against_a_run(tmp_path):
    published = card(tmp_path, dict(type='AO', value=70), source=dict(name='paper', url='https://a.b'))
    with pytest.raises(ValueError, match='measured here'):
        expected(published, 'tiny', 'synthetic', ['got10k'])


def test_cards_are_found_by_name_config_and_file(tmp_path):
    own = model_card('nano/sparsett_nano').card
    assert find_card('nano').name == find_card('nano/sparsett_nano').name == find_card(str(own.path)).name == 'nano'
    with pytest.raises(ValueError, match='there is no card'):
        find_card(str(tmp_path / 'none.md'))
    with pytest.raises(ValueError, match='nano'):
        find_card('nano/sparsett_nan')


def test_a_band_is_part_of_the_card_and_outlives_a_new_figure(tmp_path):
    metric = dict(type='AO', value=40.0, args=ARGS, band=0.5)
    assert not list(problems([metric], [METRIC], 'it'))
    assert 'is a number from 0' in next(problems([metric | dict(band=-1)], [METRIC], 'it'))
    old = card(tmp_path, metric, name='nano/sparsett_nano')
    record = dict(ARGS, config='nano/sparsett_nano', benchmark='synthetic', metrics={'AO': 41.0, 'SR0.5': 50.0})
    new = add_results(old, [record]).results('nano/sparsett_nano')[0]['metrics']
    assert [(one['value'], one.get('band')) for one in new] == [(41.0, 0.5), (50.0, None)]


def test_bands_come_from_repeated_runs(tmp_path, capsys):
    def record(**metrics):
        return dict(ARGS, config='nano/sparsett_nano', benchmark='synthetic', metrics=metrics)
    first, *repeats = record(AO=41.0, SR=50.0), [record(AO=41.3, SR=50.0)], [record(AO=40.9, SR=50.0)]
    banded, = with_bands([first], repeats)
    assert banded['bands'] == {'AO': 0.4, 'SR': 0.01}, 'two decimals at least, else the largest difference of two runs'
    old = card(tmp_path, dict(type='AO', value=40.0, args=ARGS, band=5.0), name='nano/sparsett_nano')
    new = add_results(old, [dict(banded, metrics={'AO': 41.0}, bands={'AO': 0.4})]).results('nano/sparsett_nano')[0]
    assert new['metrics'][0]['band'] == 0.4
    with pytest.raises(ValueError, match='repeat 2 holds 0 results of synthetic by got10k of nano/sparsett_nano'):
        with_bands([first], [repeats[0], [dict(first, protocol='otb')]])
    assert main(['card', 'update', '--repeats', str(tmp_path)]) == 2
    assert '--repeats repeat a run: name that run with --results' in capsys.readouterr().err
