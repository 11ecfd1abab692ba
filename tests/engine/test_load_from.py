"""Fine-tuning starts from whole weights, named as everywhere; what does not fit is said before anything is written."""

import pytest
import torch

import vtzoo
from tests.data.datasets.layouts import own_videos
from vtzoo.cli import main
from vtzoo.engine.data import own_instead
from vtzoo.engine.train import Options, run_config
from vtzoo.engine.weights import first_weights

CONFIG = 'tests/configs/mixformer_tiny.py'


@pytest.fixture
def weights(tmp_path):
    model = vtzoo.build_model(CONFIG)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'a.pth')
    return model.state_dict(), tmp_path / 'a.pth'


def test_every_weight_is_taken(weights):
    state, file = weights
    model = vtzoo.build_model(CONFIG)
    said, found = first_weights(model, None, False, embedded=True, start=str(file))
    assert found == file
    assert str(file) in said
    assert all(torch.equal(model.state_dict()[key], state[key]) for key in state)


def test_the_run_is_told(weights, tmp_path):
    cfg = vtzoo.load_config('nano/mixformer_nano')
    told = run_config(cfg, Options(work_dir=str(tmp_path / 'run'), load_from=str(weights[1])))
    assert told.default_hooks.weights.start == str(weights[1])


@pytest.mark.parametrize(('load_from', 'said'), [
    ('{file}', 'does not fit'), ('random', '--from-scratch'), ('shipped', 'ships no weights'),
    ('no.pth', 'no checkpoint')])
def test_what_does_not_fit_writes_nothing(weights, tmp_path, capsys, load_from, said):
    words = ('train', 'tests/configs/sparsett_tiny.py', '--load-from', load_from.format(file=weights[1]),
             '--work-dir', str(tmp_path / 'run'))
    assert main([*words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / 'run').exists()


SMALL = ['--cfg-options', 'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0',
         'train_dataloader.persistent_workers=False', 'visualizer.vis_backends=[]']


def test_the_tracker_in_the_box_goes_on_with_your_own_videos(tmp_path, capsys, monkeypatch):
    """vtzoo train nano/lite_nano --data MY --load-from shipped, the page of the docs."""
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))
    own_videos(tmp_path / 'my' / 'own', ['cup', 'dog'])
    run = tmp_path / 'run'
    words = ['train', 'nano/lite_nano', '--data', str(tmp_path / 'my'), '--load-from', 'shipped', '--max-iters', '2',
             '--work-dir', str(run), *SMALL]
    assert main(words) == 0
    said = capsys.readouterr()
    screen = said.out + said.err
    assert "type='OwnData'" in (run / 'config.py').read_text(), 'the folder of the run says on what it was trained'
    assert 'data: own/all (2 sequences)' in screen
    assert 'weights: fine-tuned from' in screen
    before = dict(vtzoo.load_tracker('nano/lite_nano').model.named_parameters())
    after = dict(vtzoo.load_tracker('nano/lite_nano', str(run / 'iter_2.pth')).model.named_parameters())
    moved = max(float((after[key] - before[key]).abs().max()) for key in before)
    assert 0 < moved < 0.01, 'two steps from the shipped weights'


@pytest.mark.parametrize(('place', 'train', 'val'), [
    ('own/train', ('own', 'train'), None), ('own', ('own', 'all'), None), ('.', ('root', 'all'), None),
    ('own/train own/val', ('own', 'train'), ('own', 'val'))])
def test_where_own_videos_are_found(place, train, val, tmp_path):
    for part in place.split():
        own_videos(tmp_path / 'root' / part, [f'cup{part.count("v")}'])
    found = own_instead([dict(type='GOT10k', split='train'), dict(type='COCO', by_image=True)], tmp_path / 'root')
    assert (found['train']['folder'], found['train']['split']) == train
    assert (found.get('val') and (found['val']['folder'], found['val']['split'])) == val


def test_own_videos_replace_nothing_that_is_there(tmp_path):
    own_videos(tmp_path / 'own', ['cup'])
    sets = [dict(type='GOT10k', split='train'), dict(type='OwnData', split='all')]
    assert own_instead(sets, tmp_path) is None
    assert own_instead([dict(type='Synthetic')], tmp_path) is None
    assert own_instead(sets[:1], None) is None
    (tmp_path / 'empty' / 'own').mkdir(parents=True)
    (tmp_path / 'empty' / 'own' / 'notes').mkdir()
    assert own_instead(sets[:1], tmp_path / 'empty') is None


def test_a_second_stage_starts_from_the_first(weights, tmp_path):
    state, file = weights
    model = vtzoo.build_model(CONFIG)
    said, found = first_weights(model, str(file), False, embedded=False)
    assert (said, found) == (f'stage 1 from {file}', file)
    assert all(torch.equal(model.state_dict()[key], state[key]) for key in state), 'without a confidence module too'
    with pytest.raises(FileNotFoundError, match='the stage-1 checkpoint'):
        first_weights(model, str(tmp_path / 'none.pth'), False, embedded=False)
