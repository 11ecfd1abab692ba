"""A tracker goes to the hub and comes back; a checkpoint is enough on its own, and what contradicts it is refused."""

import json
import shutil
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config

import vtzoo
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.inside import RESOLVED, config_in
from vtzoo.cli import main
from vtzoo.inference.online import OnlineTracker

NAME = 'nano/sparsett_nano'
IMAGE = np.random.RandomState(0).randint(0, 255, (120, 160, 3)).astype(np.uint8)


@pytest.fixture(scope='module')
def tracker():
    torch.manual_seed(0)
    return vtzoo.load_tracker(NAME, 'random')


def boxes(tracker):
    tracker.init(IMAGE, (40, 30, 40, 30))
    return tracker.track(IMAGE[:, ::-1].copy()).box


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The hub's API on a folder."""
    root = tmp_path / 'hub'

    class Api:
        def __init__(self, token=None, **_):
            pass

        def create_repo(self, repo_id, private=False, exist_ok=False, **_):
            (root / repo_id).mkdir(parents=True, exist_ok=exist_ok)

        def upload_folder(self, repo_id, folder_path, **_):
            shutil.copytree(folder_path, root / repo_id, dirs_exist_ok=True)
            return f'https://huggingface.co/{repo_id}/commit/1'

    def download(repo_id, filename, revision=None, **_):
        if not (root / repo_id).is_dir():
            raise huggingface_hub.errors.LocalEntryNotFoundError('no network')
        if not (root / repo_id / filename).is_file():
            raise huggingface_hub.errors.EntryNotFoundError(filename)
        return str(root / repo_id / filename)

    monkeypatch.setattr('vtzoo.checkpoints.hub.check_reachable', lambda address: None)
    monkeypatch.setattr(huggingface_hub, 'HfApi', Api)
    monkeypatch.setattr(huggingface_hub, 'hf_hub_download', download)
    return root


@pytest.mark.filterwarnings('error::UserWarning')
def test_to_the_hub_and_back(tracker, hub, tmp_path):
    assert tracker.push_to_hub('me/mine').startswith('https://huggingface.co/me/mine')
    assert {one.name for one in (hub / 'me' / 'mine').iterdir()} == {'README.md', 'config.json', 'model.safetensors'}
    folder = tracker.save_pretrained(tmp_path / 'folder')
    wanted = boxes(tracker)
    for source in ('hf-hub:me/mine', 'hf-hub:me/mine@main', folder, str(folder), folder / 'model.safetensors'):
        again = vtzoo.load_tracker(source)
        assert again.config.name == NAME
        assert boxes(again) == wanted
    assert boxes(vtzoo.load_tracker(NAME, 'hf-hub:me/mine')) == wanted
    assert tracker.save_pretrained(folder) == folder, 'its own files may be written over'


def test_what_is_saved_says_what_it_is(tracker, tmp_path):
    tracker.save_pretrained(tmp_path / 'a')
    text = (tmp_path / 'a' / 'README.md').read_text()
    front = yaml.safe_load(text.split('---\n')[1])
    assert front['library_name'] == 'vtzoo'
    assert front['model-index'][0]['results'], 'what the card of the zoo says'
    assert 'DoubleHead' in text
    config = json.loads((tmp_path / 'a' / 'config.json').read_text())
    assert config['model']['backbone']['type'] == 'Swin'
    assert read_checkpoint(tmp_path / 'a' / 'model.safetensors')['meta'].keys() >= {'config', RESOLVED, 'vtzoo'}


def test_saving_never_writes_over_what_it_did_not_make(tracker, tmp_path):
    (tmp_path / 'config.json').write_text('{}')
    with pytest.raises(ValueError, match=r'holds config\.json that vtzoo did not write'):
        tracker.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match='built by hand'):
        OnlineTracker(tracker.model).save_pretrained(tmp_path / 'b')
    assert [one.name for one in tmp_path.iterdir()] == ['config.json']


def test_pushing_without_a_network(tracker, monkeypatch):
    monkeypatch.setenv('VTZOO_OFFLINE', '1')
    with pytest.raises(FileNotFoundError, match=r'cannot be reached \(VTZOO_OFFLINE is set\): save_pretrained'):
        tracker.push_to_hub('me/mine')


def test_the_hub_without_network_or_weights(hub):
    with pytest.raises(FileNotFoundError, match=r'hf-hub:me/none cannot be had: .*https://huggingface\.co/me/none'):
        vtzoo.load_tracker('hf-hub:me/none')
    (hub / 'me' / 'empty').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r'holds none of model\.safetensors'):
        vtzoo.load_tracker('hf-hub:me/empty')


@pytest.fixture
def best(tracker, tmp_path):
    """A training's checkpoint: mmengine writes the config as Python text."""
    path = tmp_path / 'best.pth'
    text = tracker.config.pretty_text + '\nhook = print("run")\n'
    torch.save(dict(state_dict=tracker.model.state_dict(), meta=dict(cfg=text, epoch=3)), path)
    return path


@pytest.mark.filterwarnings('error::UserWarning')
def test_a_checkpoint_is_enough(best, tracker, tmp_path, capsys):
    found = vtzoo.load_tracker(best)
    assert capsys.readouterr().out == '', 'the text inside is read, not run'
    assert found.config.name == NAME
    assert boxes(found) == boxes(tracker)
    assert boxes(vtzoo.load_tracker(NAME, best)) == boxes(tracker)
    frames = tmp_path / 'frames'
    frames.mkdir()
    import cv2
    for i in range(3):
        cv2.imwrite(str(frames / f'{i}.png'), IMAGE)
    assert main(['demo', str(frames), '--box', '40,30,40,30', '--checkpoint', str(best),
                 '--out', str(tmp_path / 'out.mp4')]) == 0


def test_a_config_that_contradicts_is_refused_with_the_difference(best):
    changed = vtzoo.load_config(NAME, {'model.fusion.topk': 5, 'model.crop.context': 0.5})
    different = r'not the tracker .*best\.pth.*crop\.context: 0\.5, not 0\.25; fusion\.topk: 5, not 16'
    with pytest.raises(ValueError, match=different):
        vtzoo.load_tracker(changed, best)
    online = vtzoo.load_config(NAME, {'tracking.ranking.window': 0.4, 'model.losses': None,
                                      'model.backbone.drop_path': 0.3})
    assert vtzoo.load_tracker(online, best).ranking.window == 0.4
    with pytest.raises(ValueError, match='not the tracker'):
        vtzoo.load_tracker('nano/mixformer_nano', best)
    with pytest.raises(ValueError, match='name a config and a checkpoint'):
        vtzoo.load_tracker(best, best)


def test_two_ways_out(best, tmp_path):
    """Weights without a config need its name; a config that is meant is written into a new file."""
    torch.save(dict(state_dict=read_checkpoint(best)['state_dict']), tmp_path / 'bare.pth')
    with pytest.raises(ValueError, match=r'bare\.pth holds no config.*name its config'):
        vtzoo.load_tracker(tmp_path / 'bare.pth')
    own = tmp_path / 'mine.py'
    own.write_text(f'_base_ = {str(vtzoo.config.find_config(NAME).resolve())!r}\nmodel = dict(fusion=dict(topk=5))\n')
    with pytest.raises(ValueError, match=r'vtzoo convert SRC DST --config'):
        vtzoo.load_tracker(own, best)
    assert main(['convert', str(best), str(tmp_path / 'new.pth'), '--config', str(own)]) == 0
    assert vtzoo.load_tracker(tmp_path / 'new.pth').config.model.fusion.topk == 5


@pytest.mark.parametrize(('inside', 'said'), [
    ({RESOLVED: '{"model": {"backbone": {"type": "os.system"}}}'}, r"type='os\.system' is not a part of vtzoo"),
    ({RESOLVED: '{"model": {"backbone": {"type": "torch.nn.Linear"}}}'}, 'is not a part of vtzoo'),
    ({RESOLVED: '{"model": {"head": [{"type": {"a": 1}}]}}'}, 'is not a part of vtzoo'),
    ({RESOLVED: '{'}, 'cannot be read'), ({RESOLVED: '3'}, 'has no part `model`'), ({'cfg': 'x = ('}, 'cannot be read'),
    ({'cfg': 'import os\nmodel = os.system("true")'}, 'has no part `model`'),
    ({'cfg': 'model = dict(**dict(a=1), b=__import__("os"))'}, 'has no part `model`'),
    ({'cfg': 'model = dict(backbone=dict(type="os.system"))'}, 'is not a part of vtzoo'),
])
def test_configs_inside_are_data(inside, said):
    with pytest.raises(ValueError, match=said):
        config_in(dict(meta=inside))


def test_a_config_inside_is_read_as_it_was():
    cfg = Config.fromfile(Path('configs/mixformer_cvt21_spm.py'))
    found = config_in(dict(meta=dict(cfg=cfg.pretty_text)))
    assert json.loads(json.dumps(found.to_dict()['model'])) == json.loads(json.dumps(cfg.to_dict()['model']))
    assert config_in(dict(meta=dict(config=NAME))).name == NAME
    assert config_in(dict(meta=dict(config='somewhere/else.py'))) is None
    assert config_in(dict(meta={})) is None
    assert config_in([1]) is None
