"""Config files as people have them: mmengine's formats, children of the zoo's, and what cannot be read."""

import json

import pytest

import vtzoo
from vtzoo.cli import main
from vtzoo.config import find_config

ZOO = str(find_config('mixformer_cvt21'))


def test_json_and_yaml_are_read(tmp_path):
    (tmp_path / 'a.json').write_text(json.dumps(dict(_base_=ZOO, train_dataloader=dict(batch_size=3))))
    (tmp_path / 'b.yaml').write_text(f'_base_: {ZOO}\ntrain_dataloader:\n  batch_size: 5\n')
    assert vtzoo.load_config(tmp_path / 'a.json').train_dataloader.batch_size == 3
    cfg = vtzoo.load_config(tmp_path / 'b.yaml')
    assert (cfg.train_dataloader.batch_size, cfg.name) == (5, 'b')


BAD = {
    'mark.py': (b'\xef\xbb\xbfmodel = dict()', 'byte-order mark'),
    'wide.py': (b'\xff\xfem\x00', 'byte-order mark'),
    'syntax.py': (b'model = dict(\n', 'line 1'),
    'clash.py': (f'_base_ = [{ZOO!r}, {ZOO!r}]'.encode(), 'two of its bases set the same part'),
    'gone.py': (b"_base_ = 'nowhere/base.py'", 'nowhere/base.py'),
    'bare.py': (b"_base_ = 'nano/mixformer_nano.py'", "is written '{{$VTZOO_CONFIGS:}}/nano/mixformer_nano.py'"),
    'scoped.py': (b"_base_ = ['vtzoo::mixformer_nano']", "is written '{{$VTZOO_CONFIGS:}}/nano/mixformer_nano.py'"),
    'endless.py': (f"_base_ = '{'a' * 300}'".encode(), 'does not exist'),
    'raises.py': (b'x = 1 / 0', 'ZeroDivisionError'),
    'self.py': (b"_base_ = 'self.py'", 'RecursionError: the file is among its own bases'),
    'bad.json': (b'{"a": ', 'Expecting value'),
    'list.json': (b'[1]', 'cannot be read'),
    'bad.yaml': (b'a: [', 'cannot be read'),
    'toml.toml': (b'a = 1', 'ends in none of .py, .json, .yaml, .yml'),
}


@pytest.mark.parametrize('name', BAD)
def test_what_cannot_be_read_is_a_sentence_with_the_file(tmp_path, capsys, name):
    contents, message = BAD[name]
    path = tmp_path / name
    path.write_bytes(contents)
    assert main(['config', str(path)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert name in said
    assert len(said.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_child_of_the_zoo(tmp_path, capsys):
    child = tmp_path / 'mine.py'
    assert main(['cp', 'mixformer_cvt21', str(child)]) == 0
    with child.open('a') as file:
        file.write('train_dataloader = dict(batch_size=3)\n')
    cfg = vtzoo.load_config(child)
    assert (cfg.name, cfg.train_dataloader.batch_size) == ('mine', 3)
    assert cfg.model == vtzoo.load_config('mixformer_cvt21').model
    before = child.read_bytes()
    assert main(['cp', 'mixformer_cvt21', str(child)]) == 2
    assert 'is there already' in capsys.readouterr().err
    assert child.read_bytes() == before
    assert main(['cp', str(child), str(tmp_path / 'grandchild.py')]) == 0
    assert vtzoo.load_config(tmp_path / 'grandchild.py').train_dataloader.batch_size == 3
    assert main(['cp', 'mixformer_cvt21', str(tmp_path / 'mine.txt')]) == 2


def test_config_prints_a_config(tmp_path, capsys):
    assert main(['config', 'nano/sparsett_nano', '--cfg-options', 'train_dataloader.batch_size=7']) == 0
    (tmp_path / 'whole.py').write_text(capsys.readouterr().out)
    cfg, zoo = vtzoo.load_config(tmp_path / 'whole.py'), vtzoo.load_config('nano/sparsett_nano')
    assert cfg.train_dataloader.batch_size == 7
    assert cfg.model == zoo.model
    assert cfg.tracking == zoo.tracking
