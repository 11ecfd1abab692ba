"""Parameters and MACs against what was measured of the released trackers; speed as a table."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import vtzoo
from vtzoo.cli import main
from vtzoo.evaluation.speed import measure_speed
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.cost import count_macs, count_parameters


def test_mixformer_costs_what_the_released_one_does():
    """Released: 35.98 M parameters, 0.386 M of them dead; 1.48 M in the SPM; 23.17 GMAC a frame without a cache."""
    model = vtzoo.build_model(vtzoo.load_config('mixformer_cvt21_spm')).eval()
    assert count_parameters(model) / 1e6 == pytest.approx(35.98 - 0.386 + 1.48, abs=0.01)
    assert count_parameters(model.confidence) / 1e6 == pytest.approx(1.48, abs=0.005)
    model.confidence = None
    macs = count_macs(model, templates=2)
    assert sum(macs) / 1e9 == pytest.approx(23.17, abs=0.005)
    assert not model.training


def test_macs_are_those_of_the_model_card():
    """On a CPU, the flop counter of torch 2.14 alone says 4.23 + 14.98 G."""
    with torch.device('meta'):
        model = vtzoo.build_model(vtzoo.load_config('mixformer_cvt21'))
    macs = count_macs(model, templates=2)
    assert [round(part / 1e9, 2) for part in macs] == [4.52, 18.65]


class Layers(nn.Module):
    """One of each kind of product, as the two halves of a tracker."""

    def __init__(self) -> None:
        super().__init__()
        self.crop = SimpleNamespace(template_size=8, search_size=16)
        self.convolution = nn.Conv2d(3, 8, 3, padding=1, groups=1)
        self.transposed = nn.ConvTranspose2d(8, 4, 2, stride=2, bias=False)
        self.linear = nn.Linear(4, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def memorize(self, z):
        maps = self.transposed(self.convolution(z[:, 0]))
        return self.layer(self.linear(maps.flatten(2).transpose(1, 2)))

    def track(self, x, memory):
        q = self.linear(self.transposed(self.convolution(x)).flatten(2).transpose(1, 2)).unflatten(-1, (2, 4))
        k = memory.unflatten(-1, (2, 4)).transpose(1, 2)
        return torch.einsum('bhld,bhnd->bhln', F.scaled_dot_product_attention(q.transpose(1, 2), k, k), k)


def by_hand(pixels):
    return pixels * 8 * 3 * 9 + pixels * 8 * 4 * 4 + 4 * pixels * 4 * 8  # convolution, transposed, linear


MEMORIZE = by_hand(64) + 256 * 4 * 8 * 8 + 2 * 256 * 256 * 8 + 2 * 256 * 8 * 16
TRACK = by_hand(256) + 2 * 1024 * 256 * 8 + 1024 * 256 * 8


@pytest.mark.parametrize('kernel', [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('device', ['cpu', 'meta'])
def test_macs_are_the_same_for_every_kernel_type_and_device(kernel, dtype, device):
    model = Layers().to(device, dtype)
    with sdpa_kernel(kernel):
        assert count_macs(model) == (MEMORIZE, TRACK)
        with torch.inference_mode():
            assert count_macs(model) == (MEMORIZE, TRACK)
    assert torch.backends.mha.get_fastpath_enabled()


def test_macs_of_a_compiled_layer_are_counted():
    model = Layers()
    model.linear.compile(backend='eager')
    assert count_macs(model) == count_macs(model) == (MEMORIZE, TRACK)


@pytest.mark.parametrize('layer', [nn.LSTM(8, 8, batch_first=True), nn.Bilinear(8, 8, 8)], ids=['LSTM', 'Bilinear'])
def test_a_product_that_is_not_known_is_refused_instead_of_left_out(layer):
    model = Layers()
    model.layer = layer if isinstance(layer, nn.LSTM) else TwoInputs(layer)
    with pytest.raises(ValueError, match=r'the multiply-accumulates of aten\.\w+\.default are not known'):
        count_macs(model)
    assert model.training


class TwoInputs(nn.Module):
    """A bilinear layer of a tensor with itself."""

    def __init__(self, layer) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, t):
        return self.layer(t, t)


def test_sparsett_costs_what_the_released_one_does():
    """Released: 15.06 GMAC a frame, 2.02 of them thrown away with the unused stage."""
    model = vtzoo.build_model(vtzoo.load_config('sparsett_swin_t'))
    assert count_macs(model).track / 1e9 == pytest.approx(15.06 - 2.02, abs=0.02)
    assert model.training


def test_every_head_is_counted_without_computing_and_left_as_it_was(tiny):
    small = dict(CornerHead=dict(channels=8), DoubleHead=dict(width=16, convs=1))
    for head in vtzoo.list_components('head'):
        cfg = tiny('mixformer_tiny_spm', {'model.head': dict(type=head, **small.get(head, {}))})
        model = vtzoo.build_model(cfg)
        learnt = [parameter.requires_grad for parameter in model.parameters()]
        with torch.device('meta'):
            empty = vtzoo.build_model(cfg)
        assert count_macs(empty, templates=2) == count_macs(model, templates=2)
        assert [parameter.requires_grad for parameter in model.parameters()] == learnt


def test_speed_is_three_rates_with_their_spread(tiny):
    tracker = OnlineTracker(vtzoo.build_model(tiny('mixformer_tiny')))
    speed = measure_speed(tracker, frames=4, warm_up=1)
    assert all(0 < rate.slow <= rate.median <= rate.fast for rate in speed[:3])
    assert speed.ratio.median == 1
    assert str(speed.network).endswith(f'to {speed.network.fast:.3g})')


def test_all_configs_stand_in_one_table(config, capsys):
    sparse = config.replace('mixformer_tiny', 'sparsett_tiny')
    assert main(['benchmark', config, sparse, '--frames', '2', '--threads', '1']) == 0
    said = capsys.readouterr().out
    assert '1 thread, torch' in said
    assert '| mixformer_tiny |' in said
    assert '| sparsett_tiny ' in said
    assert 'half of what torch.utils.flop_counter counts' in said
    assert main(['benchmark', config, '--frames', '0']) == 2
    assert '--frames and --threads are at least 1' in capsys.readouterr().err


@pytest.mark.parametrize(('names', 'said'), [
    (['nano/lite_nano', 'exports/none'], "there is no config 'exports/none'"),
    (['nano/lite_nano@fats'], 'after the @ stands one of exact, fast, fastest'),
    (['nano/lite_nano', 'nano/lite_nano'], 'nano/lite_nano is named twice')])
def test_names_are_checked_before_anything_is_built(names, said, capsys, monkeypatch):
    monkeypatch.setattr('vtzoo.commands.benchmark.open_tracker', lambda *_: pytest.fail('built'))
    assert main(['benchmark', *names]) == 2
    assert said in capsys.readouterr().err
