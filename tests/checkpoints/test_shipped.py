"""Shipped weights: file, SHA-256, config and card belong together, and load without a network or a pickle."""

import json

import pytest
import safetensors
import torch

import vtzoo
from vtzoo.checkpoints import shipped
from vtzoo.checkpoints.convert import convert_file
from vtzoo.utils.digest import sha256

TABLE = json.loads((shipped.FOLDER / 'shipped.json').read_text())


def test_every_file_has_its_row_and_the_default_is_in_the_zoo():
    files = {path.name for path in shipped.FOLDER.glob('*.safetensors')}
    assert files == {row['file'] for row in TABLE['weights'].values()}
    assert TABLE['default'] in (TABLE['weights'] or vtzoo.list_models())
    assert sum(path.stat().st_size for path in shipped.FOLDER.glob('*.safetensors')) < 5e6


@pytest.mark.parametrize('name', TABLE['weights'])
def test_a_shipped_file_is_tied_to_its_config_and_its_card(name):
    row = TABLE['weights'][name]
    path = shipped.FOLDER / row['file']
    assert sha256(path) == row['sha256']
    with safetensors.safe_open(path, 'pt') as file:
        assert file.metadata()['config'] == name
    card = vtzoo.model_card(name).card
    assert any(name in one['configs'] and one['sha256'] == row['sha256'] for one in card.data['vtzoo']['weights'])
    vtzoo.load_tracker(name)


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """Ship a tracker with random weights, as one does it by hand."""
    def do(name='nano/mixformer_nano', default=None):
        model = vtzoo.build_model(name)
        torch.save(dict(state_dict=model.state_dict()), tmp_path / 'own.pth')
        convert_file(tmp_path / 'own.pth', tmp_path / 'x.safetensors', name, half=True)
        table = dict(default=default or name,
                     weights={name: dict(file='x.safetensors', sha256=sha256(tmp_path / 'x.safetensors'))})
        (tmp_path / 'shipped.json').write_text(json.dumps(table))
        monkeypatch.setattr(shipped, 'FOLDER', tmp_path)
        shipped.table.cache_clear()
        return model
    yield do
    shipped.table.cache_clear()


@pytest.mark.filterwarnings('error')
def test_the_default_tracker_and_a_name_alone_have_shipped_weights(ship, monkeypatch):
    model = ship()
    monkeypatch.setattr(torch, 'load', lambda *_, **__: pytest.fail('no pickle is read'))
    wanted = {key: value.half().to(value.dtype) for key, value in model.state_dict().items()}
    for arguments in ((), ('nano/mixformer_nano',), (None, 'shipped'), ('nano/mixformer_nano', 'shipped')):
        found = vtzoo.load_tracker(*arguments).model.state_dict()
        assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    random = vtzoo.load_tracker('nano/mixformer_nano', weights='random').model.state_dict()
    assert any(not torch.equal(random[key], wanted[key]) for key in wanted)


def test_a_damaged_shipped_file_is_refused(ship, tmp_path):
    ship()
    data = bytearray((tmp_path / 'x.safetensors').read_bytes())
    data[-1] ^= 1
    (tmp_path / 'x.safetensors').write_bytes(data)
    with pytest.raises(ValueError, match='install vtzoo again'):
        vtzoo.load_tracker()


def test_a_config_without_shipped_weights(tiny, ship):
    ship()
    with pytest.warns(UserWarning, match=r'ships no weights.*released.*nano/mixformer_nano.*random weights'):
        vtzoo.load_tracker(tiny('mixformer_tiny'))
    with pytest.raises(ValueError, match='ships no weights'):
        vtzoo.load_tracker(tiny('mixformer_tiny'), 'shipped')
    with pytest.raises(ValueError, match='mean the same'):
        vtzoo.load_tracker(tiny('mixformer_tiny'), 'random', weights='shipped')
    with pytest.raises(ValueError, match='whose random weights'):
        vtzoo.load_tracker(weights='random')


def test_a_changed_config_does_not_take_the_shipped_weights(ship):
    ship()
    changed = vtzoo.load_config('nano/mixformer_nano', {'model.crop.search_factor': 9})
    with pytest.raises(ValueError, match=r'crop\.search_factor: 9, not 3\.2'):
        vtzoo.load_tracker(changed, 'shipped')
    with pytest.warns(UserWarning, match=r'was changed .*search_factor.* random weights'):
        vtzoo.load_tracker(changed)
