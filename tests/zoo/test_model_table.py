"""The zoo as data, and which models have weights."""

import csv
import io
import json

import pytest

import vtzoo
from vtzoo.cli import main
from vtzoo.zoo.model_table import model_rows


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_WEIGHTS', str(tmp_path))


def said(capsys, *words):
    assert main(['list', *words]) == 0
    return capsys.readouterr().out


def test_csv_and_json_hold_every_model(capsys):
    rows = json.loads(said(capsys, '--format', 'json'))
    assert sorted(row['config'] for row in rows) == vtzoo.list_models()
    table = list(csv.DictReader(io.StringIO(said(capsys, '--format', 'csv'))))
    assert [row['config'] for row in table] == [row['config'] for row in rows]
    one = next(row for row in rows if row['config'] == 'mixformer_cvt21_spm')
    assert one['weights'] == 'released'
    assert one['published']['LaSOT'] == '69.2'
    assert one['here'] is False
    assert one['parameters'] == vtzoo.model_card('mixformer_cvt21_spm').facts['parameters']


def test_models_with_weights(capsys):
    names = vtzoo.list_models(pretrained=True)
    assert names == sorted(row['config'] for row in model_rows() if row['weights'])
    assert vtzoo.list_models('*sparse*', pretrained=True) == [name for name in names if 'sparse' in name]
    text = said(capsys, '--weights')
    assert {line.split()[0] for line in text.splitlines()[1:-1] if line[0] != ' '} == set(names)
    assert 'published: LaSOT 69.2' in text
    found = json.loads(said(capsys, '--weights', '--format', 'json', '--filter', 'mixformer'))
    assert {row['config'] for row in found} == {name for name in names if 'mixformer' in name}


@pytest.mark.parametrize('words', [['heads', '--weights'], ['losses', '--format', 'csv'], ['--filter', 'nothing',
                                   '--format', 'json'], ['--weights', '--filter', 'ablations/*']])
def test_what_cannot_be_listed_is_said(words, capsys):
    assert main(['list', *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
