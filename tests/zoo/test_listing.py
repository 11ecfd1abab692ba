"""What list, explain and compare say."""

import cv2
import pytest

import vtzoo
from vtzoo.cli import main
from vtzoo.registry import COMPONENTS, names
from vtzoo.zoo import listing
from vtzoo.zoo.listing import KINDS, list_text


def test_list_shows_every_config_in_80_columns():
    text = list_text()
    assert sorted(listed()) == vtzoo.list_models()
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize('what', sorted(KINDS))
def test_list_shows_every_part(what):
    text = list_text(what)
    assert {line.split()[0] for line in text.splitlines()[1:] if line[0] != ' '} == set(names(COMPONENTS[KINDS[what]]))
    assert max(map(len, text.splitlines())) <= 80


def listed(*arguments):
    return [line.split()[0] for line in list_text(*arguments).splitlines()[1:] if not line.startswith(' ')]


def test_list_filters_by_name_by_pattern_and_by_part():
    assert set(listed('models', 'hybrids/*')) == set(vtzoo.list_models('hybrids/*'))
    assert 'hybrids/mam_swin_query' in listed('models', 'QueryHead')
    assert 'hybrids/mam_swin_query' in listed('models', 'queryh')
    assert 'mixformer_cvt21' not in listed('models', 'QueryHead')
    assert listed('heads', 'double') == ['DoubleHead']
    assert 'LaSOT 69.2' in list_text('models', 'mixformer_cvt21_spm')


def test_a_config_without_a_card_is_listed(monkeypatch):
    monkeypatch.setattr(listing, 'list_models', lambda: [*vtzoo.list_models(), 'mine/a_tracker_with_a_long_name'])
    assert 'mine/a_tracker_with_a_long_name' in listed('models', 'mine/*')
    assert '`vtzoo card new` drafts it' in ' '.join(list_text('models', 'mine/*').split())


def test_list_says_when_nothing_matches(capsys):
    assert main(['list', 'heads', '--filter', 'nothing']) == 2
    assert 'no heads match' in capsys.readouterr().err


@pytest.mark.parametrize('name', [
    'nano/lite_nano', 'nano/mixformer_nano', 'nano/sparsett_nano',
    *(pytest.param(name, marks=pytest.mark.slow) for name in vtzoo.list_models() if not name.startswith('nano/'))])
def test_explain_takes_a_tracker_apart(name, tmp_path, capsys):
    picture = tmp_path / 'parts.png'
    assert main(['explain', name, '--png', str(picture)]) == 0
    text = capsys.readouterr().out
    cfg = vtzoo.load_config(name)
    for part in ('backbone', 'fusion', 'head'):
        assert cfg.model[part].type in text
    assert f'3 x {cfg.model.crop.search_size} x {cfg.model.crop.search_size}' in text
    assert 'who may see whom' in text
    assert max(map(len, text.splitlines()[:-1])) <= 80
    assert cv2.imread(str(picture)).shape[0] > 300


def explained(capsys, *arguments):
    assert main(['explain', *arguments]) == 0
    return capsys.readouterr().out


def test_explain_tells_who_sees_whom(capsys):
    asymmetric = explained(capsys, 'nano/mixformer_nano')
    assert 'template -> template   ' in asymmetric
    symmetric = explained(capsys, 'nano/mixformer_nano', '--cfg-options', 'model.fusion.type=MAM')
    assert 'template -> template, search' in symmetric
    assert symmetric.startswith('nano/mixformer_nano\nwith model.fusion.type=MAM\n')
    kept = vtzoo.load_config('nano/sparsett_nano').model.fusion.topk
    assert f'{kept} keys each' in explained(capsys, 'nano/sparsett_nano')


@pytest.mark.parametrize(('arguments', 'said'), [
    (['explain', 'sparset_swin'], "did you mean 'sparsett_swin"), (['compare', 'mixformer_cvt21', 'nano'], 'no config'),
    (['cite', 'nan/mixformer_nano'], "did you mean 'nano/mixformer_nano'"),
    (['explain', 'nano/mixformer_nano', '--png', '/no/such/folder/x.png'], 'cannot be written'),
    (['explain', 'nano/mixformer_nano', '--cfg-options', 'model.fusion.type=CrosAttention'], 'CrossAttention')])
def test_what_is_wrong_is_said_in_a_sentence(arguments, said, capsys):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_compare_shows_what_differs_and_names_the_rest(tmp_path, capsys):
    other = tmp_path / 'other.py'
    base = vtzoo.config.find_config('nano/sparsett_nano').resolve()
    other.write_text(f'_base_ = {str(base)!r}\nmodel = dict(fusion=dict(topk=5))\n')
    assert main(['compare', 'nano/sparsett_nano', str(other)]) == 0
    text = capsys.readouterr().out
    assert [line.split() for line in text.splitlines()][:3] == [
        ['nano/sparsett_nano', 'other'], ['fusion'], ['topk', str(vtzoo.load_config(base).model.fusion.topk), '5']]
    assert 'head' in text.split('alike: ')[1]
    assert max(map(len, text.splitlines())) <= 80


def test_compare_of_a_config_with_itself(capsys):
    assert main(['compare', 'nano/sparsett_nano', 'nano/sparsett_nano']) == 0
    assert 'differ in nothing' in capsys.readouterr().out
