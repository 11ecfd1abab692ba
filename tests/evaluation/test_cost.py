"""Parameters and MACs against what was measured of the released trackers; speed as a table."""

import pytest
import torch

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
    assert all(0 < rate.slow <= rate.median <= rate.fast for rate in speed)
    assert str(speed.network).endswith(f'to {speed.network.fast:.1f})')


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
