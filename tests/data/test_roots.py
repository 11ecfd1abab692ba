"""One root, no path files."""

import pytest

from vtzoo.data.datasets import LaSOT
from vtzoo.data.reader import Reader
from vtzoo.data.roots import cache_root, data_root, find_set
from vtzoo.registry import DATASETS, build, find, names


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)


def test_the_root_is_named_or_in_the_environment_or_data(tmp_path, monkeypatch):
    assert data_root() is None
    (tmp_path / 'data').mkdir()
    assert str(data_root()) == 'data'
    monkeypatch.setenv('VTZOO_DATA', '/sets')
    assert str(data_root()) == '/sets'
    assert str(data_root('/named')) == '/named'


def test_a_missing_set_lists_what_was_tried(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'LaSOT needs a data root: name one with --data ROOT or \$VTZOO_DATA'):
        LaSOT('train')
    with pytest.raises(FileNotFoundError, match=rf'LaSOT is not under the data root {tmp_path}; looked for '
                                                rf'{tmp_path}/lasot, {tmp_path}/LaSOT, '):
        LaSOT('train', tmp_path)


def test_usual_names_and_what_they_hold(tmp_path):
    (tmp_path / 'LaSOTBenchmark').mkdir()
    assert LaSOT('train', tmp_path).folder == tmp_path / 'LaSOTBenchmark'
    (tmp_path / 'a').mkdir()
    (tmp_path / 'b' / 'inner').mkdir(parents=True)
    assert find_set(tmp_path, ('a', 'b'), 'it', holds='inner') == tmp_path / 'b'


def test_the_cache_is_outside_the_data(monkeypatch, tmp_path):
    monkeypatch.delenv('VTZOO_CACHE', raising=False)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setattr('sys.platform', 'linux')
    assert cache_root() == tmp_path / 'vtzoo'
    monkeypatch.setenv('VTZOO_CACHE', '/fast')
    assert str(cache_root()) == '/fast'


def test_every_reader_is_registered_and_refuses_an_unknown_split(tmp_path):
    assert {'COCO', 'GOT10k', 'ImageNetDET', 'ImageNetVID', 'LaSOT', 'LaSOTExt', 'NFS', 'OTB', 'OwnData', 'TNL2K',
            'TrackingNet', 'UAV123', 'UAV20L', 'VOT2020'} <= set(names(DATASETS))
    for name in names(DATASETS):
        if issubclass(find(DATASETS, name), Reader):
            with pytest.raises((ValueError, FileNotFoundError), match=r'no split|is not under the data root'):
                build(DATASETS, dict(type=name, split='nonsense'), root=tmp_path)
            with pytest.raises(FileNotFoundError, match='looked for'):
                build(DATASETS, dict(type=name), root=tmp_path)
