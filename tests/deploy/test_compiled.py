"""What runs on a GPU, with a compiler that needs none: the same numbers, and tensors that later frames leave alone."""

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.config import load_config, tracking_settings
from vtzoo.deploy import fast
from vtzoo.deploy.compiled import CompiledModel
from vtzoo.inference.multi import MultiTracker
from vtzoo.inference.online import OnlineTracker

EAGER = dict(mode=None, backend='aot_eager')
FRAMES = np.random.RandomState(0).randint(0, 255, (4, 90, 120, 3)).astype(np.uint8)
NAMES = ['nano/lite_nano', *(pytest.param(name, marks=pytest.mark.slow) for name in (
    'nano/mixformer_nano', 'nano/sparsett_nano', 'nano/ostrack_nano'))]


@pytest.fixture(autouse=True)
def fresh_compiler():
    torch._dynamo.reset()


def trackers(name, half=False):
    torch.manual_seed(0)
    cfg = load_config(name)
    model = vtzoo.build_model(cfg).eval()
    for one in (model, CompiledModel(model, half, **EAGER)):
        yield OnlineTracker(one, **tracking_settings(cfg))


@pytest.mark.parametrize('name', NAMES)
def test_it_tracks_as_the_model_does(name):
    plain, compiled = trackers(name)
    for tracker in (plain, compiled):
        tracker.init(FRAMES[0], (40, 30, 40, 30))
    for frame in FRAMES[1:]:
        expected, found = plain.track(frame), compiled.track(frame)
        np.testing.assert_allclose(found.box, expected.box, atol=1e-3)
        assert found.score == pytest.approx(expected.score, abs=1e-4)


@pytest.mark.slow
def test_several_targets_and_a_score_module(tiny):
    cfg = tiny('mixformer_tiny_spm')
    torch.manual_seed(0)
    model = vtzoo.build_model(cfg).eval()
    found = []
    for one in (model, CompiledModel(model, **EAGER)):
        targets = MultiTracker(OnlineTracker(one, **tracking_settings(cfg)))
        targets.add(FRAMES[0], (40, 30, 40, 30), 'dog')
        targets.add(FRAMES[0], (10, 10, 20, 30), 'cat')
        found.append(targets.track(FRAMES[1]))
    for name, expected in found[0].items():
        np.testing.assert_allclose(found[1][name].box, expected.box, atol=1e-3)
        assert found[1][name].score == pytest.approx(expected.score, abs=1e-4)


def test_half_precision_is_near():
    plain, compiled = trackers('nano/lite_nano', half=True)
    z, x = torch.randn(1, 1, 3, 96, 96), torch.randn(1, 3, 160, 160)
    with torch.inference_mode():
        features, expected = plain.model.candidates(x, plain.model.memorize(z))
        _, found = compiled.model.candidates(x, compiled.model.memorize(z))
    assert found.boxes.dtype == torch.float32
    difference = (found.boxes - expected.boxes).abs().max()
    assert 0 < difference < 3e-2
    assert features is not None


def test_boxes_outlive_the_memory_of_a_graph():
    """A CUDA graph writes every frame into the same memory; so does this stand-in."""
    model = vtzoo.build_model('nano/lite_nano').eval()
    compiled = CompiledModel(model, **EAGER)
    z, first, second = torch.randn(1, 1, 3, 96, 96), *torch.randn(2, 1, 3, 160, 160)
    with torch.inference_mode():
        memory = compiled.memorize(z)
        features, boxes = model.candidates(first, memory)
        compiled._candidates = lambda x, memory: (features, boxes)
        _, kept = compiled.candidates(first, memory)
        before = kept.boxes.clone()
        boxes.boxes.copy_(model.candidates(second, memory)[1].boxes)
    assert torch.equal(kept.boxes, before)
    assert not torch.equal(boxes.boxes, before)


def test_a_gpu_gets_compiled_calls(monkeypatch):
    model, cfg = vtzoo.build_model('nano/lite_nano'), load_config('nano/lite_nano')
    monkeypatch.setattr(fast, 'find_device', torch.device)
    monkeypatch.setattr(type(model), 'to', lambda self, *args, **more: self)  # there is no GPU to move it to
    found = fast.at_speed(model, cfg, 'fastest', device='cuda')
    assert isinstance(found, CompiledModel)
    assert found.half
    assert not fast.at_speed(model, cfg, 'fast', device='cuda:1').half
    with pytest.raises(ValueError, match="write speed='exact'"):
        fast.at_speed(model, cfg, 'fast', device='mps')


def test_fastest_is_what_was_quicker_here(tmp_path, monkeypatch, capsys):
    took = dict(bf16=2.0, fp32=3.0)
    monkeypatch.setattr(fast, '_milliseconds', lambda folder, precisions: {name: took[name] for name in precisions})
    assert fast._quicker(tmp_path) == 'bf16'
    took['bf16'] = 4.0
    assert fast._quicker(tmp_path) == 'bf16', 'it is tried once'
    kept, = tmp_path.iterdir()
    for damage in (b'', b'[]', b'{"bf16": "quick"}'):
        kept.write_bytes(damage)
        assert fast._quicker(tmp_path) == 'fp32'
        assert "speed='fastest' computes in float32" in capsys.readouterr().out


def test_without_a_gpu_the_device_is_the_fault():
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(ValueError, match='there is no GPU'):
        vtzoo.load_tracker('nano/lite_nano', speed='fast', device='cuda')


def test_weights_are_saved_from_the_plain_tracker(tmp_path):
    _, compiled = trackers('nano/lite_nano')
    compiled.config = load_config('nano/lite_nano')
    with pytest.raises(ValueError, match="with speed='exact'"):
        compiled.save_pretrained(tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
