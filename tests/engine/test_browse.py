"""The sheet of training samples, and the quick start, from the shell."""

import re

import cv2
import numpy as np
import pytest
import torch

from tests.data.datasets.layouts import squares
from tests.engine.test_run import CONFIG
from vtzoo.cli import main
from vtzoo.introspection.sample_sheets import GAP, NEGATIVE, contact_sheet, sample_picture


def a_sample(positive, templates=2):
    return dict(template=torch.full((templates, 3, 32, 32), 90, dtype=torch.uint8), positive=positive,
                search=torch.full((3, 64, 64), 50, dtype=torch.uint8), box=torch.tensor([0.5, 0.5, 0.25, 0.5]))


def test_the_true_box_is_drawn_where_it_is():
    picture = sample_picture(a_sample(True))
    white = np.argwhere((picture[:, 32:] > 200).all(-1))
    np.testing.assert_allclose([white.min(0), white.max(0)], [[16, 24], [48, 40]], atol=1)
    assert (picture[:, :32] == 90).all()


def test_a_negative_pair_is_framed_and_has_no_box():
    search = sample_picture(a_sample(False, templates=1))[:, 32:]
    assert (search[[0, -1]] == NEGATIVE).all()
    assert not (search > 200).all(-1).any()


def test_a_sheet_holds_every_picture():
    pictures = [np.full((10, 20, 3), i, np.uint8) for i in range(5)]
    sheet = contact_sheet(pictures, 2)
    assert sheet.shape == (3 * (10 + GAP) + GAP, 2 * (20 + GAP) + GAP, 3)
    assert set(np.unique(sheet)) == {0, 1, 2, 3, 4, 255}


def test_browse_shows_what_training_sees(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['browse', CONFIG, '--samples', '3', '--columns', '2', '--out', 'sheet.png']) == 0
    assert cv2.imread('sheet.png').ndim == 3
    said = capsys.readouterr().out
    assert said.count(' > ') == 3
    assert 'synthetic/train: sheet.png' in said


@pytest.mark.parametrize(('words', 'message'), [
    (['--samples', '0'], '1 or more'), (['--out', 'no/such/folder/x.png'], 'cannot be written'),
    (['--data', 'nowhere'], 'nowhere'), (['--sets', 'imagenet'], 'trains on')])
def test_browse_says_what_it_cannot_do(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['browse', CONFIG, '--samples', '1', *words]) == 2
    assert message in capsys.readouterr().err


def test_browse_takes_your_own_videos_as_training_does(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    squares(tmp_path / 'data' / 'own' / 'train', ['cup'])
    assert main(['browse', 'mixformer_cvt21', '--data', 'data', '--samples', '1']) == 0
    said = capsys.readouterr().out
    assert "none of the config's sets is under data: these are your own videos there, as in training." in said
    assert '1 samples of mixformer_cvt21 from own/train: samples.png' in said


@pytest.mark.slow
def test_the_quick_start_tracks_compares_draws_and_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['quickstart', '--steps', '2', '--sequences', '3']) == 0
    said = capsys.readouterr().out
    scores = dict(re.findall(r'^   (\S.*?) +AO ([\d.]+)', said, re.MULTILINE))
    assert float(scores['nano/lite_nano']) > float(scores['a box that stays'])
    assert "OpenCV's MIL" in scores
    for name in ('result.mp4', 'strips.png', 'training/iter_2.pth'):
        assert (tmp_path / 'quickstart' / name).stat().st_size > 1000
    assert main(['quickstart', '--sequences', '0']) == 2
