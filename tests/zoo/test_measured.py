"""Drafting cards, and figures measured here: none enters a card without its provenance."""

import json
import shutil

import pytest

import vtzoo
from vtzoo.cli import main
from vtzoo.evaluation.run_record import RUN_FILE
from vtzoo.evaluation.scored_results import SCORES_FILE
from vtzoo.zoo import cards
from vtzoo.zoo.cards import read_card

NAME = 'hybrids/transt_like'
RECORD = dict(config=NAME, benchmark='synthetic', protocol='GOT-10k', metrics={'AO': 61.25, 'SR0.5': 70.0},
              date='2026-01-31', revision='0123abc', checkpoint_sha256='a' * 64, command='vtzoo test ...')


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A copy of the cards that may be written to."""
    folder = tmp_path / 'model_cards'
    shutil.copytree(vtzoo.config.travelling_folder('model_cards'), folder)
    for card in folder.rglob('*.md'):  # the quick suite refreshes one card only
        if card.parent.name == 'ablations':
            card.unlink()
    monkeypatch.setattr(cards, 'travelling_folder', lambda name: tmp_path / name)
    return folder


def results(tmp_path, *records):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps(list(records)))
    return str(path)


def test_update_fills_in_what_was_measured(zoo, tmp_path, capsys):
    before = read_card(zoo / 'hybrids' / 'transt_like.md').body
    for value in (61.25, 62.5):  # the second run replaces the first
        file = results(tmp_path, RECORD | dict(metrics={'AO': value}))
        assert main(['card', 'update', '--results', file]) == 0
    body = read_card(zoo / 'hybrids' / 'transt_like.md').body
    assert '62.5' in body
    assert '61.25' not in body
    assert f'checkpoint SHA-256 `{"a" * 64}`' in body
    assert before.split('## Limits')[1] == body.split('## Limits')[1]
    measured, = vtzoo.model_card(NAME).measured
    assert measured['metrics'][0]['args']['revision'] == '0123abc'
    assert '(62.5)' in (zoo / 'README.md').read_text()
    assert '1 of 1 cards changed' in capsys.readouterr().out


@pytest.mark.parametrize('missing', ['protocol', 'date', 'revision', 'checkpoint_sha256', 'command'])
def test_figures_without_provenance_are_refused(zoo, tmp_path, capsys, missing):
    before = (zoo / 'hybrids' / 'transt_like.md').read_text()
    record = {key: value for key, value in RECORD.items() if key != missing}
    assert main(['card', 'update', '--results', results(tmp_path, RECORD, record)]) == 2
    assert f"result 2 is refused: it lacks '{missing}'" in capsys.readouterr().err
    assert (zoo / 'hybrids' / 'transt_like.md').read_text() == before


@pytest.mark.parametrize(('change', 'said'), [
    (dict(revision='0123abc+'), 'is a git commit'), (dict(checkpoint_sha256='?'), 'is a SHA-256'),
    (dict(date='yesterday'), 'is a date'), (dict(benchmark='mnist'), 'is one of'), (dict(metrics={}), 'is a mapping'),
    (dict(metrics={'beauty': 1}), 'is one of'), (dict(metrics={'AO': 'high'}), 'is a number'),
    (dict(config='nano/nothing'), 'there is no config')])
def test_results_that_cannot_be_are_refused(zoo, tmp_path, capsys, change, said):
    assert main(['card', 'update', '--results', results(tmp_path, RECORD | change)]) == 2
    assert said in capsys.readouterr().err


def test_files_that_hold_no_results_are_refused(zoo, tmp_path, capsys):
    (tmp_path / 'text').write_text('AO 61')
    for path, said in ((tmp_path / 'text', 'is not a JSON file'), (tmp_path / 'nothing', 'nothing'),
                       (results(tmp_path), 'holds no results')):
        assert main(['card', 'update', '--results', str(path)]) == 2
        assert said in capsys.readouterr().err


def test_update_reads_the_folder_of_a_test(zoo, tmp_path):
    run = dict(config=NAME, benchmark='synthetic', checkpoint='x.pth', checkpoint_sha256='b' * 64,
               sessions=[dict(started='2026-01-31T10:00:00', revision='0123abc')])
    (tmp_path / RUN_FILE).write_text(json.dumps(run))
    (tmp_path / SCORES_FILE).write_text(json.dumps({'GOT-10k': dict(scores={'AO': 55.555, 'frames': 10})}))
    assert main(['card', 'update', '--results', str(tmp_path)]) == 0
    measured, = vtzoo.model_card(NAME).measured
    assert measured['metrics'][0]['value'] == 55.55 or measured['metrics'][0]['value'] == 55.56
    assert [metric['type'] for metric in measured['metrics']] == ['AO']
    run['sessions'].append(dict(started='2026-02-01T10:00:00', revision='4567def'))
    (tmp_path / RUN_FILE).write_text(json.dumps(run))
    assert main(['card', 'update', '--results', str(tmp_path)]) == 2


def test_new_drafts_a_card_that_asks_for_its_prose(zoo, capsys):
    (zoo / 'hybrids' / 'stark_like.md').unlink()
    assert main(['card', 'new', 'stark_like', '--paper', 'yan2021stark']) == 0
    card = read_card(zoo / 'hybrids' / 'stark_like.md')
    assert card.data['vtzoo']['configs'][0]['parts']['backbone']['type'] == 'ResNet'
    assert card.data['vtzoo']['paper']['bibtex'] == 'yan2021stark'
    assert card.body.count('> Write:') == 4
    assert '> Write:' in capsys.readouterr().out
    assert main(['card', 'new', 'stark_like']) == 2
    assert 'has a card' in capsys.readouterr().err


def test_new_names_what_is_wrong(zoo, capsys):
    (zoo / 'hybrids' / 'stark_like.md').unlink()
    for arguments, said in ((['stark_lik'], "did you mean 'hybrids/stark_like"),
                            (['stark_like', '--paper', 'me2020'], "there is no paper 'me2020'")):
        assert main(['card', 'new', *arguments]) == 2
        assert said in capsys.readouterr().err
