"""Checkpoints as they occur: what each kind of file gives, and that nothing is run or written meanwhile."""

import json
import pathlib
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict, defaultdict

import numpy as np
import pytest
import safetensors.torch
import torch

import vtzoo
from vtzoo.checkpoints.convert import convert_file, load_weights
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.pretrained import load_pretrained
from vtzoo.cli import main

CONFIG = 'tests/configs/mixformer_tiny.py'


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return vtzoo.build_model(CONFIG)


@pytest.fixture(scope='module')
def state(model):
    return dict(model.state_dict())


def foreign(name, base=object):
    """A class of a package that is not installed where the file is read."""
    module, _, last = name.rpartition('.')
    return type(last, (base,), dict(__module__=module, __qualname__=last))


def save(path, contents, *classes, **options):
    """torch.save with classes that are gone afterwards."""
    before = dict(sys.modules)
    for cls in classes:
        parts = cls.__module__.split('.')
        for i in range(len(parts)):
            sys.modules.setdefault('.'.join(parts[:i + 1]), types.ModuleType(parts[i]))
        setattr(sys.modules[cls.__module__], cls.__name__, cls)
    try:
        torch.save(contents, path, **options)
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]


def easydict():
    cls = foreign('easydict.EasyDict', dict)
    value = cls(lr=0.1, inner=cls(a=1))
    value.__dict__.update(value)
    return value


def with_attributes():
    settings = foreign('lib.train.admin.settings.Settings')()
    settings.shape, settings.dtype = (3, 4), 'float'  # looks like an array and is none
    return settings


SETTINGS, EASYDICT = with_attributes(), easydict()


GOOD = {
    'plain': lambda path, s: torch.save(s, path),
    'ordered': lambda path, s: torch.save(OrderedDict(s), path),
    'torch format of before 1.6': lambda path, s: torch.save(dict(net=s), path, _use_new_zipfile_serialization=False),
    'old format with foreign objects': lambda path, s: save(
        path, dict(net=s, settings=SETTINGS), type(SETTINGS), _use_new_zipfile_serialization=False),
    'safetensors': lambda path, s: safetensors.torch.save_file(s, path),
    'numpy scalars beside': lambda path, s: torch.save(
        dict(state_dict=s, best=np.float64(0.5), epoch=np.int64(3), on=np.bool_(True), names=np.array(['a'])), path),
    'numpy arrays as weights': lambda path, s: torch.save({key: value.numpy() for key, value in s.items()}, path),
    'paths': lambda path, s: torch.save(
        dict(model=s, where=pathlib.PurePosixPath('/a/b'), here=pathlib.Path('x')), path),
    'easydict': lambda path, s: save(path, dict(model=s, cfg=EASYDICT), type(EASYDICT)),
    'defaultdict': lambda path, s: torch.save(dict(model=s, log=defaultdict(list, a=[1])), path),
    'objects that look like arrays': lambda path, s: save(
        path, {**s, 'settings': SETTINGS}, type(SETTINGS)),
    'module.': lambda path, s: torch.save({f'module.{key}': value for key, value in s.items()}, path),
    'module.module.': lambda path, s: torch.save({f'module.module.{key}': value for key, value in s.items()}, path),
    'model.': lambda path, s: torch.save(dict(state_dict={f'model.{key}': value for key, value in s.items()}), path),
    '_orig_mod.': lambda path, s: torch.save({f'_orig_mod.{key}': value for key, value in s.items()}, path),
    'module._orig_mod.': lambda path, s: torch.save({f'module._orig_mod.{k}': v for k, v in s.items()}, path),
    'a compiled part': lambda path, s: torch.save(
        {key.replace('backbone.', 'backbone._orig_mod.', 1): value for key, value in s.items()}, path),
    'double precision': lambda path, s: torch.save({key: value.double() if value.is_floating_point() else value
                                                    for key, value in s.items()}, path),
    'without checksums': lambda path, s: without_checksums(path, s),
    **{name: lambda path, s, name=name: torch.save({name: s, 'epoch': 3}, path) for name in (
        'net', 'state_dict', 'model_state_dict', 'model', 'model_state', 'params', 'weights', 'student', 'network',
        'ema', 'params_ema')},
    'model, in it state_dict': lambda path, s: torch.save(dict(model=dict(state_dict=s, step=1)), path),
    'an averaged model': lambda path, s: torch.save(
        dict(ema_state_dict={**{f'module.{key}': value for key, value in s.items()}, 'steps': torch.tensor(4)}), path),
}


def without_checksums(path, s):
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(s, path)
    finally:
        torch.serialization.set_crc32_options(True)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('kind', GOOD)
def test_good_files(kind, tmp_path, model, state):
    path = tmp_path / 'x.pth'
    GOOD[kind](path, state)
    found = vtzoo.convert(path, {}, model)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)
    assert 'easydict' not in sys.modules
    assert 'lib.train.admin.settings' not in sys.modules


def member(path, name, data, compression=zipfile.ZIP_STORED):
    """Replace a member of a torch file."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    full = next(key for key in members if key.endswith(name))
    with zipfile.ZipFile(path, 'w', compression) as archive:
        for key, value in (members | {full: data}).items():
            archive.writestr(key, value)


def flipped(path, s):
    """One bit of the weights."""
    torch.save(s, path)
    data = bytearray(path.read_bytes())
    data[data.find(next(iter(s.values())).numpy().tobytes()[:32]) + 3] ^= 16
    path.write_bytes(data)


def bomb(path, s):
    torch.save(dict(a=torch.zeros(3)), path)
    member(path, 'data.pkl', bytes(24 << 20), zipfile.ZIP_DEFLATED)


def lying_header(path, s):
    safetensors.torch.save_file(s, path)
    data = path.read_bytes()
    path.write_bytes(struct.pack('<Q', 1 << 40) + data[8:])


def lying_offsets(path, s):
    header = json.dumps({'a': dict(dtype='F32', shape=[1 << 40], data_offsets=[0, 1 << 42])}).encode()
    path.write_bytes(struct.pack('<Q', len(header)) + header + bytes(64))


def cut(path, s, options):
    torch.save(dict(net=s), path, **options)
    path.write_bytes(path.read_bytes()[:-(path.stat().st_size // 3)])


def changed(s, change):
    key = next(key for key in s if key.endswith('mlp.0.weight'))
    return s | {key: change(s[key])}


BAD = {
    'a web page': (lambda path, s: path.write_text('\n<!DOCTYPE html><html>Quota exceeded'), 'this is a web page, not'),
    'a Git LFS pointer': (lambda path, s: path.write_text('version https://git-lfs.github.com/spec/v1\noid sha256:1'),
                          'Git LFS pointer'),
    'text': (lambda path, s: path.write_text('hello'), 'it is a text file'),
    'empty': (lambda path, s: path.touch(), 'it is empty'),
    'a folder of this name': (lambda path, s: path.mkdir(), 'no checkpoint'),
    'gzip': (lambda path, s: path.write_bytes(b'\x1f\x8b' + bytes(50)), 'gzip: unpack it first'),
    'a tar': (lambda path, s: path.write_bytes(bytes(257) + b'ustar' + bytes(300)), 'tar archive'),
    'a ZIP of something': (lambda path, s: zipfile.ZipFile(path, 'w').writestr('a.txt', 'b'), "holds 'a.txt'"),
    'TorchScript': (lambda path, s: torch.jit.script(torch.nn.Linear(1, 1)).save(str(path)), 'TorchScript'),
    'noise': (lambda path, s: path.write_bytes(np.random.RandomState(0).bytes(5000)), 'not a torch file'),
    'a plain pickle': (lambda path, s: path.write_bytes(pickle.dumps(dict(a=1))), 'pickle that torch did not write'),
    'cut': (lambda path, s: cut(path, s, {}), 'cut short'),
    'cut, old format': (lambda path, s: cut(path, s, dict(_use_new_zipfile_serialization=False)), 'cut short'),
    'a flipped bit': (flipped, 'is damaged: the checksum'),
    'a pickle of zeros': (bomb, 'unpack to'),
    'safetensors with a long header': (lying_header, 'header is longer than the file'),
    'safetensors with false offsets': (lying_offsets, 'not a safetensors file or is damaged'),
    'a whole module': (lambda path, s: torch.save(torch.nn.Linear(2, 2), path), r'whole pickled model \(Linear\)'),
    'a whole module under a name': (lambda path, s: torch.save(dict(model=torch.nn.Linear(2, 2), epoch=1), path),
                                    'save its weights with'),
    'a whole module, old format': (lambda path, s: torch.save(
        torch.nn.Linear(2, 2), path, _use_new_zipfile_serialization=False), 'a whole pickled model'),
    'names that are numbers': (lambda path, s: torch.save({3: torch.zeros(2)}, path), 'names of weights are texts'),
    'names in bytes': (lambda path, s: torch.save(dict(net={b'a': torch.zeros(2)}), path), 'of weights are texts'),
    'without numbers': (lambda path, s: torch.save({key: value.to('meta') for key, value in s.items()}, path), 'meta'),
    'sparse': (lambda path, s: torch.save(changed(s, lambda t: t.to_sparse()), path), 'sparse'),
    'complex': (lambda path, s: torch.save(changed(s, lambda t: t.to(torch.complex64)), path), 'complex'),
    'whole numbers': (lambda path, s: torch.save(changed(s, lambda t: t.int()), path), 'whole numbers where'),
    'NaN': (lambda path, s: torch.save(changed(s, lambda t: t * float('nan')), path), 'not finite'),
    'infinite': (lambda path, s: torch.save(changed(s, lambda t: t / 0), path), 'not finite'),
    'NumPy objects': (lambda path, s: torch.save(dict(a=np.array([{}], object)), path), 'not plain numbers'),
    'texts as weights': (lambda path, s: torch.save(dict(a=np.array(['x'])), path), 'not numbers of a network'),
    'a false shape': (lambda path, s: torch.save(changed(s, lambda t: t[:1, :1].expand(1 << 20, 1 << 20)), path),
                      'far beyond'),
    'nothing': (lambda path, s: torch.save({}, path), 'holds no tensors'),
    'an optimizer alone': (lambda path, s: torch.save(dict(optimizer={}, epoch=1), path), 'holds optimizer, epoch'),
    'a number': (lambda path, s: torch.save(3, path), 'this one is a int'),
    'a tensor': (lambda path, s: torch.save(torch.zeros(3), path), 'this one is a Tensor'),
    'one tensor too few': (lambda path, s: torch.save(dict(list(s.items())[1:]), path), 'missing: '),
}


@pytest.mark.parametrize('kind', BAD)
def test_bad_files(kind, tmp_path, model, state, capsys):
    make, said = BAD[kind]
    path = tmp_path / 'x.pth'
    make(path, state)
    with pytest.raises(ValueError, match=said):
        vtzoo.convert(path, {}, model)
    assert main(['convert', str(path), str(tmp_path / 'y.pth'), '--config', CONFIG]) == 2
    err = capsys.readouterr().err
    assert len(err.strip().splitlines()) == 1, err
    assert [*tmp_path.iterdir()] == [path], 'nothing was written'


def test_two_sets_of_weights_are_said_and_either_can_be_had(tmp_path, model, state, capsys):
    mean = {key: value + 1 if value.is_floating_point() else value for key, value in state.items()}
    path = tmp_path / 'x.pth'
    torch.save(dict(model=state, model_ema=mean), path)
    with pytest.warns(UserWarning, match=r"2 sets of weights: 'model', 'model_ema'\. 'model' was taken"):
        plain = vtzoo.convert(path, {}, model)
    assert all(torch.equal(plain[key], state[key]) for key in state)
    averaged = vtzoo.convert(path, {}, model, 'model_ema')
    assert all(torch.equal(averaged[key], mean[key]) for key in state)
    assert main(['convert', str(path), str(tmp_path / 'y.pth'), '--config', CONFIG]) == 0
    assert "'model' was taken, not 'model_ema'" in capsys.readouterr().out
    assert main(['convert', str(path), str(tmp_path / 'z.pth'), '--config', CONFIG, '--weights', 'model_ema']) == 0
    assert read_checkpoint(tmp_path / 'z.pth')['meta']['weights'] == 'model_ema'
    with pytest.raises(ValueError, match="no weights under 'mean'; it holds 'model', 'model_ema'"):
        vtzoo.convert(path, {}, model, 'mean')


@pytest.mark.filterwarnings('error')
def test_the_running_mean_of_our_own_training_is_the_usual_set(tmp_path, model, state):
    torch.save(dict(state_dict=state, ema_state_dict={'module.a': torch.zeros(1)}, meta={}), tmp_path / 'x.pth')
    assert vtzoo.convert(tmp_path / 'x.pth', {}, model).keys() == state.keys()


def test_what_convert_writes_from_a_backbone_is_accepted_as_pretrained(tmp_path):
    from tests.checkpoints.test_convert import cvt_release
    deep = vtzoo.build_model(vtzoo.load_config(CONFIG, {'model.backbone.depths': (1, 2, 4)}))
    torch.save(cvt_release(deep), tmp_path / 'cvt.pth')
    for name in ('cvt.pth', 'own.pth', 'own.safetensors', 'tracker.pth'):
        if name.startswith('own'):
            convert_file(tmp_path / 'cvt.pth', tmp_path / name, CONFIG)
        elif name == 'tracker.pth':
            torch.save(dict(state_dict=deep.state_dict()), tmp_path / name)
        model = vtzoo.build_model(CONFIG)
        load_pretrained(model.backbone, str(tmp_path / name))
        assert all(torch.equal(value, deep.state_dict()[f'backbone.{key}'])
                   for key, value in model.backbone.state_dict().items()), name
    with pytest.raises(ValueError, match='holds a pretrained backbone, not a tracker'):
        load_weights(model, tmp_path / 'own.pth', 'own.pth')
