"""Configs are short, build, and change from the shell as one expects."""


import pytest
import torch

import vtzoo
from vtzoo.config import find_config, override, tracking_settings, travelling_folder
from vtzoo.structures import Target

NAMES = vtzoo.list_models()


@pytest.mark.parametrize('name', NAMES)
def test_every_config_is_short_and_builds(name):
    lines = find_config(name).read_text().splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith('# '), 'the first line says what it is'
    cfg = vtzoo.load_config(name)
    assert cfg.name == name
    with torch.device('meta'):
        vtzoo.build_model(cfg)


def test_base_files_are_short():
    for path in travelling_folder('configs').rglob('_base_/**/*.py'):
        assert len(path.read_text().splitlines()) <= 40, path


def test_what_the_issue_names_is_there():
    assert {'sparsett_swin_t', 'sparsett_swin_t_got', 'mixformer_cvt21', 'mixformer_cvt21_1k', 'mixformer_cvt21_got',
            'mixformer_cvt24w', 'mixformer_cvt21_spm', 'mixformer_cvt21_1k_spm', 'mixformer_cvt21_got_spm',
            'mixformer_cvt24w_spm', 'sparsett_swin_t_spm', 'mixformer_cvt21_base', 'mixformer_cvt21_query',
            'nano/lite_nano', 'nano/mixformer_nano', 'nano/sparsett_nano'} <= set(NAMES)
    assert sum(name.startswith('hybrids/') for name in NAMES) >= 6


def test_names_and_paths():
    assert vtzoo.load_config('mixformer_nano').name == 'nano/mixformer_nano'
    assert vtzoo.load_config('configs/nano/mixformer_nano.py').name == 'nano/mixformer_nano'
    with pytest.raises(ValueError, match="did you mean 'sparsett_swin_t'"):
        vtzoo.load_config('sparsett_swin')
    assert vtzoo.list_models('*sparse*')
    with pytest.raises(ValueError, match='known: backbone, fusion'):
        vtzoo.list_components('neck')


def test_a_changed_type_drops_the_old_arguments(tiny):
    cfg = tiny('sparsett_tiny', {'model.fusion.type': 'CrossAttention', 'model.fusion.style': 'transt'})
    assert cfg.model.fusion == dict(type='CrossAttention', style='transt')
    assert tiny('sparsett_tiny').model.fusion.topk == 8, 'the config itself is unchanged'
    same = tiny('sparsett_tiny', {'model.fusion.type': 'SparseEncoderDecoder', 'model.fusion.topk': 4})
    assert (same.model.fusion.topk, same.model.fusion.dim) == (4, 64), 'the same type keeps its arguments'


def test_losses_follow_the_head(tiny):
    cfg = tiny('mixformer_tiny', {'model.head.type': 'DoubleHead', 'model.head.width': 16, 'model.head.convs': 1})
    model = vtzoo.build_model(cfg)
    assert [term.name for term in model.losses] == ['focal', 'iou']
    kept = tiny('mixformer_tiny', {'model.head.type': 'QueryHead', 'model.losses.0.type': 'GIoULoss'})
    assert [term.name for term in vtzoo.build_model(kept).losses] == ['giou', 'l1']


def test_a_confidence_from_the_shell_makes_a_second_stage(tiny):
    model = vtzoo.build_model(tiny('mixformer_tiny', {'model.confidence.type': 'SPM'}))
    assert model.frozen == ('backbone', 'fusion', 'head')


def test_ranking_follows_the_head():
    cfg = vtzoo.load_config('sparsett_swin_t', {'model.head.type': 'CornerHead'})
    assert tracking_settings(cfg, 'uav123') == {}, 'the best box, not a window over cells'
    named = {'model.head.type': 'DoubleHead', 'tracking.ranking.margin': 5}
    assert vtzoo.load_config('mixformer_cvt21', named).tracking.ranking.margin == 5
    assert vtzoo.load_config('sparsett_swin_t').tracking.ranking.type == 'WindowPenalty'


def test_mappings_join_and_delete_replaces_as_in_mmengine():
    cfg = vtzoo.load_config('nano/sparsett_nano')
    joined = override(cfg, {'train_dataloader': dict(dataset=dict(samples=5, frames=dict(gap=7)))})
    dataset = joined.train_dataloader.dataset
    assert (dataset.samples, dataset.frames.gap, dataset.frames.type) == (5, 7, 'Pair')
    assert dataset.sets == cfg.train_dataloader.dataset.sets
    one = {'_delete_': True, 'type': 'CosineAnnealingLR', 'T_max': 3}
    for options in ({'param_scheduler': one}, {'model.head': {'_delete_': True, 'type': 'DoubleHead', 'width': 8}},
                    {'model': dict(head={'_delete_': True, 'type': 'DoubleHead', 'width': 8})}):
        changed = override(cfg, options)
        assert '_delete_' not in str(changed._cfg_dict)
        if 'param_scheduler' in options:
            assert changed.param_scheduler == dict(type='CosineAnnealingLR', T_max=3)
        else:
            assert changed.model.head == dict(type='DoubleHead', width=8), 'convs=1 of the config is gone'
            vtzoo.build_model(changed)


def test_overrides_that_cannot_be(tiny):
    with pytest.raises(ValueError, match=r"modle\.head\.type: a config has no 'modle'; did you mean 'model'"):
        tiny('mixformer_tiny', {'modle.head.type': 'QueryHead'})
    with pytest.raises(ValueError, match='has nothing inside to set'):
        tiny('mixformer_tiny', {'model.head.channels.x': 1})
    for key in ('model.losses.7.type', 'model.losses.7'):
        with pytest.raises(ValueError, match="has no place '7'"):
            override(tiny('mixformer_tiny'), {key: 'L1Loss'})


def test_a_row_of_a_benchmark():
    settings = tracking_settings(vtzoo.load_config('mixformer_cvt21_spm'), 'lasot')
    assert settings['crop'] == dict(search_factor=4.55)
    assert settings['templates'] == dict(type='HighestScore', interval=200, online=2, threshold=0.5, decay=1.0)
    other = tracking_settings(vtzoo.load_config('mixformer_cvt21_spm'), 'nfs')
    assert 'crop' not in other
    assert other['templates']['online'] == 3, 'a benchmark without a row has the defaults'


SMALL = dict(CvT={'arch': 'tiny', 'depths': None}, Swin={'arch': 'tiny'}, ResNet={'depth': 18},
             ViT={'arch': 'tiny', 'depth': 12})


@pytest.mark.parametrize('size', ['small', pytest.param('paper', marks=pytest.mark.slow)])
@pytest.mark.parametrize('name', [name for name in NAMES if name.startswith('hybrids/')])
def test_hybrids_train_a_step(name, size):
    """As they are; and, in the quick suite, behind a small backbone and on small crops."""
    torch.manual_seed(0)
    cfg = vtzoo.load_config(name)
    if size == 'small':
        backbone = SMALL[cfg.model.backbone.type]
        cfg = override(cfg, {'model.crop.template_size': 64, 'model.crop.search_size': 96,
                             **{f'model.backbone.{key}': value for key, value in backbone.items()}})
    model = vtzoo.build_model(cfg).train()
    crop = model.crop
    z = torch.randn(2, 1, 3, crop.template_size, crop.template_size)
    x = torch.randn(2, 3, crop.search_size, crop.search_size)
    losses = model.loss(z, x, Target(torch.tensor([[0.5, 0.5, 0.3, 0.3]] * 2), torch.tensor([True, True])))
    sum(value for key, value in losses.items() if key.startswith('loss')).backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_parameter_counts_of_the_papers():
    """MixFormer: 35.6 M and 183.9 M (CVPR 2022, Table 1). SparseTT: 46.33 M as released, 15.37 M of them dead."""
    def millions(name):
        with torch.device('meta'):
            return sum(p.numel() for p in vtzoo.build_model(name).parameters()) / 1e6

    assert round(millions('mixformer_cvt21'), 1) == 35.6
    assert round(millions('mixformer_cvt24w'), 1) == 183.9
    assert round(millions('sparsett_swin_t'), 1) == 31.0
