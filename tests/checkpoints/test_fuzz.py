"""300 damaged or strange checkpoints: each is converted right or refused in a sentence; nothing is run or written."""

import pickle
import random
import struct
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch

import vtzoo
from vtzoo.checkpoints.convert import convert_file

CONFIG = 'tests/configs/mixformer_tiny.py'


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    with torch.device('meta'):
        vtzoo.build_model(CONFIG)
    return vtzoo.build_model(CONFIG)


@pytest.fixture(scope='module')
def sources(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp('sources')
    state = dict(model.state_dict())
    torch.save(dict(state_dict=state, meta=dict(epoch=1)), folder / 'new.pth')
    torch.save(dict(net=state), folder / 'old.pth', _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(state, folder / 'x.safetensors', dict(config='mixformer_tiny'))
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def bytes_changed(data, draw):
    """Flipped bits, cuts, holes, repeats and inserted noise, near the front more often: headers are there."""
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(draw.choice([64, 4096, len(data)]))
        kind = draw.randrange(6)
        if kind == 0:
            data[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[draw.randrange(len(data)):]
        elif kind == 2:
            data[place:place + draw.randrange(200)] = bytes(draw.randrange(200))
        elif kind == 3:
            data[place:place] = data[place:place + 50]
        elif kind == 4:
            data[place:place] = draw.randbytes(20)
        else:
            data[place:place + 8] = struct.pack('<Q', draw.choice([0, 1, 1 << 31, (1 << 63) - 1, (1 << 64) - 1]))
        data = data or bytearray(b'x')
    return bytes(data)


def strange(draw):
    """Something that is not a weight."""
    return draw.choice([
        lambda: None, lambda: float('nan'), lambda: 'x' * draw.randrange(99), lambda: [[[]]] * 3, lambda: {1: {2: {}}},
        lambda: torch.zeros(draw.randrange(3), 2), lambda: torch.zeros(()), lambda: torch.full((2,), float('inf')),
        lambda: torch.zeros(1, 1).expand(1 << 16, 1 << 16), lambda: torch.zeros(3, dtype=torch.complex64),
        lambda: torch.zeros(3).to_sparse(), lambda: torch.empty(2, 2, device='meta'),
        lambda: torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8), lambda: np.float32(3),
        lambda: np.zeros((2, 2), draw.choice(['f2', 'i8', 'S3', 'U2', 'M8[s]', '?'])), lambda: np.array([None, 1]),
        lambda: torch.nn.Linear(1, 1), lambda: torch.zeros(2, dtype=torch.float8_e4m3fn), lambda: b'abc',
        lambda: torch.nn.Parameter(torch.zeros(2)), lambda: {'model': {'net': {'state_dict': 3}}}])()


def contents_changed(state, draw):
    """A checkpoint of the right form with strange things in it."""
    state = dict(state)
    for _ in range(draw.randint(1, 3)):
        key = draw.choice(list(state))
        kind = draw.randrange(5)
        if kind == 0:
            state[key] = strange(draw)
        elif kind == 1:
            state[draw.choice(['', 'a', 'module.', 3, None, ('a', 1), b'a', str(key).upper()])] = state.pop(key)
        elif kind == 2:
            state[draw.choice(['meta', 'epoch', 'shape', 'model', 'ema'])] = strange(draw)
        elif kind == 3 and isinstance(state[key], torch.Tensor) and state[key].ndim:
            state[key] = state[key][:-1]
        else:
            state.pop(key)
    return draw.choice([
        state, dict(net=state), dict(model=state, model_ema=strange(draw)), dict(state_dict=state, meta=strange(draw)),
        [state], dict(state_dict=dict(state_dict=state)), (state, 1)])


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('seed', range(300))
def test_conversion_of_damaged_checkpoints(seed, model, sources, tmp_path):
    draw = random.Random(seed)
    path = tmp_path / 'x.pth'
    if seed % 2:
        path.write_bytes(bytes_changed(draw.choice(sources), draw))
    else:
        torch.save(contents_changed(model.state_dict(), draw), path, _use_new_zipfile_serialization=draw.random() < 0.7)
    try:
        found = vtzoo.convert(path, {}, model)
    except ValueError as error:
        said = str(error)
    else:
        wanted = model.state_dict()
        assert found.keys() == wanted.keys()
        assert all(value.isfinite().all() for value in found.values() if value.is_floating_point())
        return
    assert 10 < len(said) < 3000
    if seed % 10 == 1:
        with pytest.raises(ValueError, match=r'\w'):
            convert_file(path, tmp_path / 'y.pth', CONFIG)
    assert [*tmp_path.iterdir()] == [path]


class Harm:
    """Wants a function called when it is unpickled."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return open, (str(self.proof), 'w')


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(40))
def test_harm_hidden_anywhere_is_not_done(seed, model, tmp_path):
    draw, proof = random.Random(seed), tmp_path / 'harm'
    harm = Harm(proof)
    place = draw.choice([harm, [harm], {'a': harm}, (1, {2: [harm]})])
    contents = dict(net=model.state_dict(), meta=place) if seed % 2 else {**model.state_dict(), 'x': place}
    path = tmp_path / 'x.pth'
    torch.save(contents, path, _use_new_zipfile_serialization=seed % 3 > 0, pickle_protocol=draw.choice([2, 3, 4]))
    if seed % 5 == 0:  # a bare pickle, or one with a false ending
        path.write_bytes(pickle.dumps(contents))
    if seed % 7 == 0:
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('x/data.pkl', pickle.dumps(contents, 2))
            archive.writestr('x/version', '3')
    with pytest.raises(ValueError, match=r'x\.pth'):
        vtzoo.convert(path, {}, model)
    assert not proof.exists()
