"""Weights by name, from a server on this machine that behaves well and badly."""

import io
import multiprocessing
import os
import re
import sys
import types
from dataclasses import replace

import pytest
import torch

import vtzoo
from tests.checkpoints.server import Server
from vtzoo.checkpoints import cache, download
from vtzoo.checkpoints.cache import Released
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.pretrained import load_pretrained
from vtzoo.cli import main
from vtzoo.config import load_config, travelling_folder
from vtzoo.utils.digest import sha256
from vtzoo.utils.errors import RunError

CONFIG = 'tests/configs/mixformer_tiny.py'
NAME = 'nano/mixformer_nano'


def torch_bytes(contents):
    file = io.BytesIO()
    torch.save(contents, file)
    return file.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_WEIGHTS', str(tmp_path / 'cache'))
    monkeypatch.delenv('VTZOO_MIRROR', raising=False)
    monkeypatch.delenv('VTZOO_OFFLINE', raising=False)
    return tmp_path / 'cache'


@pytest.fixture(scope='module')
def weights():
    """A tracker's checkpoint in bytes, small."""
    torch.manual_seed(0)
    return torch_bytes(dict(state_dict=vtzoo.build_model(NAME).state_dict()))


@pytest.fixture
def server(weights):
    one = Server({'x.pth': weights})
    yield one
    one.close()


@pytest.fixture
def row(server):
    return Released(NAME, 'tracker', 'x.pth', server.address('x.pth'), '', '', '', 'none', 'a page', 'no')


@pytest.fixture
def table(row, monkeypatch):
    monkeypatch.setattr(cache, 'released', lambda: {NAME: row, 'b.pth': replace(row, name='b.pth', kind='backbone')})
    monkeypatch.setattr('vtzoo.checkpoints.sources.released', cache.released)


def test_fresh_then_cached(row, server, weights, folder, monkeypatch):
    path = cache.get(row)
    assert path.read_bytes() == weights
    assert cache.record_of(path)['sha256'] == sha256(path)
    assert sorted(one.name for one in folder.iterdir()) == ['.x.pth.lock', 'x.pth', 'x.pth.json']
    monkeypatch.setenv('VTZOO_OFFLINE', '1')
    assert cache.get(row) == path
    assert len(server.requests) == 1


@pytest.mark.parametrize('ranges', [True, False])
def test_broken_off_and_resumed(row, server, weights, folder, ranges):
    server.cut, server.ranges = len(weights) // 4, ranges
    with pytest.raises(FileNotFoundError, match=r'the line broke .* MB are kept and the next try goes on'):
        cache.get(row)
    assert (folder / 'x.pth.part').is_file()
    assert not (folder / 'x.pth').exists()
    server.cut = None
    assert cache.get(row).read_bytes() == weights
    resumed = [begin for _, begin in server.requests if begin]
    assert len(resumed) == 3
    assert sorted(one.name for one in folder.iterdir()) == ['.x.pth.lock', 'x.pth', 'x.pth.json']


def test_a_file_that_changed_on_the_server_is_not_joined_to_the_old_part(row, server, weights, folder):
    server.cut = len(weights) // 4
    with pytest.raises(FileNotFoundError):
        cache.get(row)
    server.cut, server.files['x.pth'] = None, torch_bytes(dict(net=dict(a=torch.ones(400000))))
    assert cache.get(row).read_bytes() == server.files['x.pth']


def test_a_part_longer_than_the_file_begins_again(row, weights, folder):
    folder.mkdir()
    (folder / 'x.pth.part').write_bytes(bytes(len(weights) + 10))
    assert cache.get(row).read_bytes() == weights


def test_wrong_hash(row, folder):
    with pytest.raises(ValueError, match=r'its SHA-256 is \w{12}\.\.\., not 000000000000.* It was not kept'):
        cache.get(replace(row, sha256='0' * 64))
    assert not (folder / 'x.pth').exists()
    assert not (folder / 'x.pth.part').exists()


def test_a_kept_file_that_changed(row, folder):
    path = cache.get(row)
    path.write_bytes(path.read_bytes() + b'1')
    with pytest.raises(ValueError, match=r'has changed since it was first used .*vtzoo weights clear x\.pth'):
        cache.get(row)
    assert cache.clear('x.pth') == [path]
    assert cache.get(row) == path


def test_a_web_page_is_not_a_file(row, server, folder):
    with pytest.raises(FileNotFoundError, match=r'web page instead of the file.*put it as x\.pth into .*please report'):
        cache.get(replace(row, address=server.address('page')))
    server.files['x.pth'] = b'<!DOCTYPE html><p>Sign in'  # said to be a file
    with pytest.raises(ValueError, match='this is a web page, not a checkpoint'):
        cache.get(row)
    assert not (folder / 'x.pth').exists()
    assert not (folder / 'x.pth.part').exists()


def test_what_cannot_be_had_does_not_stop_the_rest(table, row, server, monkeypatch, capsys):
    rows = {**cache.released(), 'a.pth': replace(row, name='a.pth', kind='backbone', address=server.address('none'))}
    monkeypatch.setattr(cache, 'released', lambda: rows)
    assert main(['weights', 'get', 'a.pth', 'b.pth']) == 1
    out, err = capsys.readouterr()
    assert out.startswith('b.pth: ')
    assert '\na.pth: the weights x.pth cannot be had; tried: ' in err


def test_odd_servers(row, server, weights, folder):
    assert cache.get(replace(row, address=server.address('odd'))).read_bytes() == weights
    cache.clear()
    with pytest.raises(ValueError, match=r'what came from http.*/empty was not kept: it cannot be read.*it is empty'):
        cache.get(replace(row, address=server.address('empty')))
    with pytest.raises(FileNotFoundError, match='infinite loop') as caught:
        cache.get(replace(row, address=server.address('loop')))
    assert '\n' not in str(caught.value)
    with pytest.raises(ValueError, match=r'/away leads on to another address: http://ex.* is not an https'):
        cache.get(replace(row, address=server.address('away')))
    assert not (folder / 'x.pth').exists()


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='this system has no full disk to try')
def test_a_full_disk(row, server, folder):
    folder.mkdir()
    (folder / 'x.pth.part').symlink_to('/dev/full')
    with pytest.raises(RunError, match=r'cannot be written \(No space left.*make room, or set VTZOO_WEIGHTS'):
        cache.get(row)


def test_no_such_file(row, server):
    with pytest.raises(FileNotFoundError, match=r'the server answered 404 .*Get it by hand from .*x\.pth into'):
        cache.get(replace(row, address=server.address('y.pth')))


def test_no_network(row, server):
    server.close()
    with pytest.raises(FileNotFoundError, match=r'no network, or the line broke \(.*refused'):
        cache.get(row)


def test_only_https_and_bounded(row, server, monkeypatch):
    monkeypatch.setenv('VTZOO_MAX_DOWNLOAD_GB', 'all')
    with pytest.raises(ValueError, match=r'VTZOO_MAX_DOWNLOAD_GB=all is not a number above 0: write .*=8'):
        cache.get(row)
    monkeypatch.delenv('VTZOO_MAX_DOWNLOAD_GB')
    with pytest.raises(ValueError, match=r'not an https address.*VTZOO_ALLOW_HTTP=1'):
        cache.get(replace(row, address='http://example.invalid/x.pth'))
    with pytest.raises(ValueError, match='not an https address'):
        cache.get(replace(row, address=server.address('away')))
    monkeypatch.setenv('VTZOO_OFFLINE', '1')
    with pytest.raises(FileNotFoundError, match='VTZOO_OFFLINE is set'):
        cache.get(replace(row, address='https://example.invalid/x.pth'))
    monkeypatch.setenv(download.MAX_GB, '0.001')
    with pytest.raises(ValueError, match=download.MAX_GB):
        cache.get(row)


def test_two_processes_at_once_download_once(row, server, weights, folder):
    server.slow = 1.0
    context = multiprocessing.get_context('fork')
    running = [context.Process(target=cache.get, args=(row,)) for _ in range(2)]
    for one in running:
        one.start()
    for one in running:
        one.join(60)
    assert [one.exitcode for one in running] == [0, 0]
    assert (folder / 'x.pth').read_bytes() == weights
    assert len(server.requests) == 1


def test_a_mirror_comes_first(row, server, weights, tmp_path, monkeypatch):
    (tmp_path / 'mirror').mkdir()
    (tmp_path / 'mirror' / 'x.pth').write_bytes(weights)
    monkeypatch.setenv('VTZOO_MIRROR', str(tmp_path / 'mirror'))
    assert cache.get(row).read_bytes() == weights
    assert not server.requests
    cache.clear()
    monkeypatch.setenv('VTZOO_MIRROR', server.address('')[:-1])
    cache.get(replace(row, address='https://example.invalid/x.pth'))
    assert server.requests == [('x.pth', None)]


def test_released_weights_are_converted_once_and_loaded(table, server, weights, folder, monkeypatch):
    wanted = read_checkpoint(cache.get(cache.released()[NAME]))['state_dict']
    for arguments in (dict(weights='released'), dict(checkpoint='released')):
        tracker = vtzoo.load_tracker(NAME, **arguments)
        assert all(torch.equal(tracker.model.state_dict()[key], wanted[key]) for key in wanted)
    assert len(server.requests) == 1
    converted = folder / 'converted' / 'nano-mixformer_nano.safetensors'
    assert converted.is_file()
    with pytest.raises(ValueError, match=f'no released weights of mixformer_tiny are known.*{NAME}'):
        vtzoo.load_tracker(CONFIG, 'released')
    with pytest.raises(ValueError, match=r'contradict|not the tracker'):
        vtzoo.load_tracker(load_config(NAME, {'model.crop.search_factor': 9}), 'released')
    assert cache.clear('another') == []
    assert cache.clear(NAME) == [folder / 'x.pth', converted]
    assert not converted.exists()


def test_an_address_is_enough(server, weights, folder):
    server.files['own.pth'] = torch_bytes(dict(
        state_dict=torch.load(io.BytesIO(weights), weights_only=True)['state_dict'], meta=dict(config=NAME)))
    tracker = vtzoo.load_tracker(server.address('own.pth'))
    assert tracker.config.name == NAME
    pin = '#sha256=' + '0' * 64
    with pytest.raises(ValueError, match='is not the released file'):
        vtzoo.load_tracker(server.address('own.pth') + pin)
    assert len(server.requests) == 1


def test_pretrained_comes_through_the_same_door(table, server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('vtzoo.checkpoints.cache.released', cache.released)
    model = vtzoo.build_model(load_config(NAME, {'model.backbone.pretrained': 'b.pth'}))
    assert load_pretrained(model.backbone).name == 'x.pth'
    server.close()
    cache.clear()
    with pytest.raises(FileNotFoundError, match=r'x\.pth cannot be had; tried: http.*by hand from .*--from-scratch'):
        load_pretrained(model.backbone)


def test_the_command(table, server, folder, capsys):
    assert main(['weights']) == 0
    out = ' '.join(capsys.readouterr().out.split())
    assert re.search(rf'{NAME} \(tracker\): not here; size not known; .*not tried from where vtzoo is made', out)
    assert main(['weights', 'where', NAME]) == 0
    assert 'not downloaded' in capsys.readouterr().out
    assert main(['weights', 'get', NAME]) == 0
    assert main(['weights', 'where', NAME]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(folder / 'x.pth')
    (folder / 'mine.pth').write_bytes(b'1')
    assert main(['weights', 'clear']) == 0
    assert 'files deleted' in capsys.readouterr().out
    assert [one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith('.')] == ['mine.pth']
    server.close()
    assert main(['weights', 'get', NAME]) == 1
    assert main(['weights', 'get']) == 2
    assert main(['weights', 'get', 'mixformer_cvt2']) == 2
    capsys.readouterr()
    for action in ('list', 'clear', 'where'):
        assert main(['weights', action, 'nano/mixformer_nan']) == 2
        said = capsys.readouterr().err
        assert "'nano/mixformer_nan' is not in the table" in said
        assert action == 'where' or f"did you mean '{NAME}'?" in said


def test_drive_through_gdown(row, monkeypatch, weights, folder):
    asked = []

    def fetch(id, output, **_):
        asked.append(id)
        with open(output, 'wb') as file:
            file.write(weights)
        return output
    listed = [types.SimpleNamespace(id='1', path='a/y.pth'), types.SimpleNamespace(id='2', path='a/x.pth')]
    gdown = types.SimpleNamespace(download=fetch, download_folder=lambda **_: listed)
    monkeypatch.setitem(sys.modules, 'gdown', gdown)
    monkeypatch.setattr(download, 'check_reachable', lambda address: None)
    folder_row = replace(row, address='gdrive-folder:F', inside='a/x.pth')
    cache.get(folder_row)
    cache.clear()
    cache.get(replace(row, address='gdrive:3'))
    assert asked == ['2', '3']
    cache.clear()
    with pytest.raises(FileNotFoundError, match=r'holds no z\.pth; it holds a/y\.pth, a/x\.pth'):
        cache.get(replace(folder_row, inside='z.pth'))
    gdown.download = lambda **_: (_ for _ in ()).throw(RuntimeError('quota'))
    with pytest.raises(FileNotFoundError, match=r'did not give the file \(quota\).*drive\.google\.com/file/d/3'):
        cache.get(replace(row, address='gdrive:3'))
    monkeypatch.setitem(sys.modules, 'gdown', None)
    with pytest.raises(FileNotFoundError, match=r'pip install .vtzoo\[drive\]'):
        cache.get(replace(row, address='gdrive:3'))


def test_the_table_is_whole():
    rows = cache.released()
    trackers = [row for row in rows.values() if row.kind == 'tracker']
    assert {row.name for row in trackers} <= set(vtzoo.list_models())
    assert len({row.file for row in rows.values()}) == len(rows)
    for row in rows.values():
        assert row.kind in ('tracker', 'backbone')
        assert row.tried in ('yes', 'no')
        assert re.match(r'https://|gdrive:|gdrive-folder:|hf-hub:', row.address)
        assert row.licence
        assert row.source.startswith('https://')
        assert os.sep not in row.file
    for path in travelling_folder('configs').rglob('*.py'):
        for name in re.findall(r"pretrained='([^']+)'", path.read_text()):
            assert ':' in name or name in rows, f'{path} starts from {name}: where is it?'
