"""Cards say what is so: every config has one, every figure a source, and what a tool wrote is what it would write."""

import copy
from dataclasses import replace
from functools import cache

import pytest
import yaml

import vtzoo
from vtzoo.cli import main
from vtzoo.models.cost import count_parameters
from vtzoo.zoo import card_update, facts
from vtzoo.zoo.bibtex import parse_bibtex
from vtzoo.zoo.cards import all_cards, read_card
from vtzoo.zoo.listing import index_text

CARDS = {card.name: card for card in all_cards()}
COVERED = {one['config']: card for card in CARDS.values() for one in card.configs}
QUICK = ('nano/mixformer_nano', 'nano/ostrack_nano', 'nano/sparsett_nano')


def fact(config):
    return next(one for one in COVERED[config].configs if one['config'] == config)


def test_every_config_has_one_card_and_every_card_a_config():
    assert list(card_update.coverage_faults()) == []
    assert sorted(COVERED) == vtzoo.list_models()


@cache
def built(config):
    """Parts and parameters, counted once for all tests."""
    model = facts.empty_model(vtzoo.load_config(config))
    return dict(parts=facts.parts_of(model), parameters=count_parameters(model))


@pytest.mark.parametrize('config', sorted(COVERED))
def test_parameters_are_those_of_the_config(config):
    assert {key: fact(config)[key] for key in ('parts', 'parameters')} == built(config)


@pytest.mark.parametrize('config', [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                    for name in sorted(COVERED)])
def test_macs_are_those_of_the_config(config):
    cfg = vtzoo.load_config(config)
    assert fact(config)['macs'] == facts.macs_of(cfg, facts.templates_held(cfg))


@pytest.fixture
def macs_as_written(monkeypatch):
    """Counting MACs of every config takes a minute: here each card's own count is believed."""
    def believed(cfg):
        written = fact(cfg.name)
        return dict(config=cfg.name, **built(cfg.name), macs=written['macs'], input=written['input'],
                    training=facts.training_of(cfg), tracking=facts.policies_of(cfg))
    monkeypatch.setattr(card_update, 'facts_of', believed)


@pytest.mark.parametrize('name', sorted(CARDS))
def test_a_card_is_as_it_should_be(name, macs_as_written):
    assert list(card_update.faults_of(CARDS[name])) == []


@pytest.mark.parametrize('name', sorted(CARDS))
def test_the_hub_reads_a_card_as_we_do(name):
    hub, card = pytest.importorskip('huggingface_hub').ModelCard.load(CARDS[name].path), CARDS[name]
    figures = [metric['value'] for model in card.data.get('model-index', ()) for result in model['results']
               for metric in result['metrics']]
    assert [result.metric_value for result in hub.data.eval_results or ()] == figures
    assert (hub.data.license, hub.data.tags) == (card.data['license'], card.data['tags'])


@pytest.mark.slow
def test_check_counts_everything_anew(capsys):
    assert main(['card', 'check']) == 0
    assert 'as they should be' in capsys.readouterr().out


def test_the_table_of_the_zoo_is_current():
    assert (vtzoo.config.travelling_folder('model_cards') / 'README.md').read_text('utf-8') == index_text()


def broken(**changes):
    """The card of SparseTT on GOT-10k with values changed by path: model-index__0__name; ... deletes."""
    card = CARDS['sparsett_swin_t_got']
    data = copy.deepcopy(card.data)
    for path, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step.replace('model_index', 'model-index')
                      for step in path.split('__')]
        node = data
        for step in way:
            node = node[step]
        if value is ...:
            del node[last]
        else:
            node[last] = value
    return replace(card, data=data)


METRIC = 'model_index__0__results__0__metrics__0'
CONFIG = 'vtzoo__configs__0'


@pytest.mark.parametrize(('changes', 'said'), [
    ({'model_index__0__results__0__source': ...}, 'a figure is published and has a source'),
    ({'model_index__0__results__0__source__url': 'somewhere'}, 'is a URL'),
    ({f'{METRIC}__args': dict(protocol='x')}, "lacks 'revision'"),
    ({f'{METRIC}__value': 'high'}, 'is a number'),
    ({f'{METRIC}__value': 693}, 'lies between 0 and 100'),
    ({f'{METRIC}__type': 'goodness'}, 'is one of AO'),
    ({'model_index__0__results__0__metrics': []}, 'without figures'),
    ({'model_index__0__results__0__dataset__type': 'mnist'}, 'is one of'),
    ({'model_index__0__name': 'sparsett_swin_t'}, 'which the card does not cover'),
    ({'license': 'mine'}, 'license is one of apache-2.0'),
    ({'tags': ...}, "lacks 'tags'"),
    ({'colour': 'red'}, "no place for 'colour'"),
    ({'vtzoo__paper__bibtex': 'nobody2020nothing'}, 'is a key of vtzoo/zoo/references.bib'),
    ({'vtzoo__paper__year': 2021}, 'paper is not as'),
    ({'vtzoo__weights__0__sha256': 'abc'}, 'is a SHA-256'),
    ({f'{CONFIG}__config': 'sparsett_swin_x'}, 'there is no config sparsett_swin_x'),
    ({f'{CONFIG}__parameters': 31}, 'parameters is 30963170 by the config, the card says 31'),
    ({f'{CONFIG}__parts__head__type': 'CornerHead'}, 'parts is'),
    ({f'{CONFIG}__training__epochs': 19}, 'training is'),
    ({f'{CONFIG}__macs__frame': -1}, 'is a whole number'),
], ids=lambda value: '' if isinstance(value, str) else next(iter(value)))
def test_a_broken_front_matter_is_found(changes, said, macs_as_written):
    faults = list(card_update.faults_of(broken(**changes)))
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(('old', 'new', 'said'), [
    ('| head | DoubleHead | 12.8 M |', '| head | DoubleHead | 1.8 M |', 'written by tools is not current'),
    ('69.3 [1]', '79.3 [1]', 'written by tools is not current'),
    ('<!-- begin results -->', '', 'needs the marks'),
    ('Same tracker as', '> Write: what sets it apart from its neighbours in the zoo.\n\nSame', 'unfinished'),
])
def test_a_broken_text_is_found(old, new, said, macs_as_written):
    card = CARDS['sparsett_swin_t_got']
    assert old in card.body
    faults = list(card_update.faults_of(replace(card, body=card.body.replace(old, new))))
    assert any(said in fault for fault in faults), faults


def test_wrong_macs_are_found():
    card = CARDS['nano']
    data = copy.deepcopy(card.data)
    data['vtzoo']['configs'][0]['macs']['frame'] += 1
    assert any('macs is' in fault for fault in card_update.faults_of(replace(card, data=data)))


@pytest.mark.parametrize(('text', 'said'), [
    ('# no front matter\n', 'begins with a front matter'), ('---\n- a\n---\n', 'is not a mapping'),
    ('---\na: [\n---\n', 'is not YAML')])
def test_a_file_that_is_no_card(tmp_path, text, said):
    path = tmp_path / 'card.md'
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_card(path)


@pytest.mark.parametrize('name', sorted(CARDS))
def test_reading_and_writing_a_card_changes_nothing(name):
    card = CARDS[name]
    assert card.text == card.path.read_text('utf-8')
    assert yaml.safe_load(card.text.split('---\n')[1]) == card.data


def test_the_card_of_a_config():
    card = vtzoo.model_card('sparsett_swin_t_got')
    assert card.name == 'sparsett_swin_t_got'
    assert card.facts['parts']['head']['type'] == 'DoubleHead'
    assert card.published[0]['metrics'][0]['value'] == 69.3
    assert card.paper.key == 'fu2022sparsett'
    assert {'fu2022sparsett', 'vtzoo'} <= set(parse_bibtex(card.bibtex))
    assert card.text.startswith('---\n')
    with pytest.raises(ValueError, match='did you mean'):
        vtzoo.model_card('sparsett_swin')
