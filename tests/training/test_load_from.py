"""Fine-tuning starts from whole weights, named as everywhere; what does not fit is said before anything is written."""

import pytest
import torch

import vtzoo
from vtzoo.cli import main
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
