"""Every recipe against the table of what the released code does (lib/config and experiments/*.yaml of MixFormer,
experiments/sparsett/train of SparseTT)."""

import pytest
import torch
from mmengine.optim import MultiStepLR

import vtzoo
from vtzoo.config import override
from vtzoo.engine.optim import optim_wrapper_of
from vtzoo.structures import Target

#        config                     lr    backbone clip  decay epochs drops      batch samples
TABLE = {
    'mixformer_cvt21':            (1e-4, 1e-5, 0.1, 1e-4, 500, [400], 8, 60000),
    'mixformer_cvt21_1k':         (1e-4, 1e-4, 0.1, 1e-4, 500, [400], 8, 60000),
    'mixformer_cvt21_got':        (1e-4, 1e-5, 0.1, 1e-4, 500, [400], 32, 60000),
    'mixformer_cvt24w':           (1e-4, 1e-5, 0.1, 1e-4, 500, [400], 16, 60000),
    'mixformer_cvt21_spm':        (1e-4, None, 0.1, 1e-4, 30, [20], 32, 60000),
    'mixformer_cvt21_1k_spm':     (1e-4, None, 0.1, 1e-4, 40, [30], 32, 60000),
    'mixformer_cvt21_got_spm':    (1e-4, None, 0.1, 1e-4, 40, [30], 32, 60000),
    'mixformer_cvt24w_spm':       (1e-4, None, 0.1, 1e-4, 40, [30], 16, 60000),
    'mixvit_b':                   (4e-4, 4e-5, 0.1, 1e-4, 500, [400], 32, 60000),
    'mixvit_b_got':               (4e-4, 4e-5, 0.1, 1e-4, 500, [400], 32, 15000),
    'mixvit_l':                   (4e-4, 4e-5, 0.1, 1e-4, 500, [400], 12, 60000),
    'mixvit_b_spm':               (1e-4, None, 0.1, 1e-4, 50, [40], 32, 60000),
    'mixvit_b_got_spm':           (1e-4, None, 0.1, 1e-4, 50, [40], 32, 60000),
    'mixvit_l_spm':               (1e-4, None, 0.1, 1e-4, 50, [30], 32, 60000),
    'ostrack_256':                (4e-4, 4e-5, 0.1, 1e-4, 300, [240], 32, 60000),
    'ostrack_256_noce':           (4e-4, 4e-5, 0.1, 1e-4, 300, [240], 32, 60000),
    'ostrack_256_got':            (4e-4, 4e-5, 0.1, 1e-4, 100, [80], 32, 60000),
    'ostrack_384':                (4e-4, 4e-5, 0.1, 1e-4, 300, [240], 32, 60000),
    'ostrack_384_noce':           (4e-4, 4e-5, 0.1, 1e-4, 300, [240], 32, 60000),
    'ostrack_384_got':            (4e-4, 4e-5, 0.1, 1e-4, 100, [80], 32, 60000),
    'sparsett_swin_t':            (1e-4, 1e-5, float('inf'), 1e-4, 20, [10, 15], 8, 600000),
    'sparsett_swin_t_got':        (1e-4, 1e-5, float('inf'), 1e-4, 20, [10, 15], 16, 300000),
}


@pytest.mark.parametrize('name', TABLE)
def test_schedule(name):
    lr, backbone_lr, clip, decay, epochs, drops, batch, samples = TABLE[name]
    cfg = vtzoo.load_config(name)
    with torch.device('meta'):
        wrapper = optim_wrapper_of(vtzoo.build_model(cfg), cfg.optim_wrapper)
    assert wrapper.clip_grad_kwargs['max_norm'] == clip
    groups = wrapper.optimizer.param_groups
    assert all(group['weight_decay'] == decay for group in groups)
    assert isinstance(wrapper.optimizer, torch.optim.AdamW)
    assert cfg.train_cfg.max_epochs == epochs
    assert (cfg.train_dataloader.batch_size, cfg.train_dataloader.dataset.samples) == (batch, samples)
    scheduler = MultiStepLR(wrapper.optimizer, milestones=cfg.param_scheduler.milestones,
                            gamma=cfg.param_scheduler.gamma)
    for epoch in range(epochs):
        factor = 0.1 ** sum(epoch >= drop for drop in drops)
        wanted = [lr * factor] + ([backbone_lr * factor] if backbone_lr else [])
        assert [group['lr'] for group in groups] == pytest.approx(wanted), f'epoch {epoch}'
        scheduler.step()


SETS = {
    'mixformer_cvt21': {'GOT10k/vottrain': 1, 'LaSOT/train': 1, 'COCO/train': 1, 'TrackingNet/train': 1},
    'mixformer_cvt21_got': {'GOT10k/train_full': 1},
    'mixformer_cvt21_got_spm': {'GOT10k/train_full': 1},
    'mixvit_b': {'GOT10k/vottrain': 1, 'LaSOT/train': 1, 'COCO/train': 1, 'TrackingNet/train': 1},
    'mixvit_b_got': {'GOT10k/train_full': 1},
    'mixvit_b_got_spm': {'GOT10k/train_full': 1},
    'ostrack_384': {'GOT10k/vottrain': 1, 'LaSOT/train': 1, 'COCO/train': 1, 'TrackingNet/train': 1},
    'ostrack_256_got': {'GOT10k/train_full': 1},
    'ostrack_384_got': {'GOT10k/train_full': 1},
    'sparsett_swin_t': {'TrackingNet/train': 0.65, 'LaSOT/train': 0.3, 'GOT10k/train': 0.2,
                        'ImageNetVID/trainval': 0.2, 'ImageNetDET/train_2013': 0.08, 'COCO/train': 0.07},
    'sparsett_swin_t_got': {'GOT10k/train': 1},
}


@pytest.mark.parametrize('name', SETS)
def test_sets(name):
    sets = vtzoo.load_config(name).train_dataloader.dataset.sets
    assert {f'{cfg.type}/{cfg.split}': cfg.ratio for cfg in sets} == SETS[name]


def test_sampling():
    for name, scale, centre in (('ostrack_256', 0.25, 3.0), ('ostrack_384', 0.5, 4.5), ('ostrack_384_got', 0.5, 4.5)):
        data = vtzoo.load_config(name).train_dataloader.dataset
        assert data.frames == dict(type='Causal', gap=200, templates=1)
        assert data.jitter == dict(type='AreaJitter', scale=scale, centre=centre)
    for name in ('mixformer_cvt21', 'mixformer_cvt24w', 'mixformer_cvt21_got', 'mixvit_b', 'mixvit_l'):
        data = vtzoo.load_config(name).train_dataloader.dataset
        assert data.frames == dict(type='Causal', gap=200, templates=2)
        assert data.jitter == dict(type='AreaJitter', scale=0.5, centre=4.5)
    for name in ('mixformer_cvt21_spm', 'mixformer_cvt21_1k_spm', 'mixformer_cvt24w_spm', 'mixvit_b_spm',
                 'mixvit_l_spm'):
        frames = vtzoo.load_config(name).train_dataloader.dataset.frames
        assert frames == dict(type='TridentPro', gap=200, templates=2, positive=0.5)
    data = vtzoo.load_config('sparsett_swin_t').train_dataloader.dataset
    assert data.frames == dict(type='Pair', gap=100, open_end=True, negatives=0.33)
    assert data.jitter == dict(type='ContextJitter', scale=0.3, shift=0.4, aspect=10)
    assert 'augmentations' not in data


#        config               benchmark      search factor, interval, online, decay
ONLINE = {
    'mixformer_cvt21_spm': dict(lasot=(4.55, 200, 2, 1.0), trackingnet=(4.5, 25, 1, 1.0), uav123=(4.5, 200, 1, 1.0),
                                otb100=(4.5, 6, 3, 1.0), vot2020=(5.0, 10, 5, 1.0), nfs=(5.0, 200, 3, 1.0)),
    'mixformer_cvt21_got_spm': dict(got10k_test=(4.55, 10, 2, 0.98)),
    'mixformer_cvt24w_spm': dict(lasot=(4.55, 200, 2, 1.0), trackingnet=(4.5, 25, 3, 0.98), uav123=(4.5, 25, 3, 1.0),
                                 otb100=(4.55, 6, 2, 1.0), vot2020=(5.0, 10, 5, 1.0), got10k_test=(5.0, 200, 2, 1.0)),
    'mixvit_b_spm': dict(lasot=(5.05, 200, 2, 1.0), trackingnet=(4.5, 25, 3, 1.0), got10k_test=(4.5, 200, 2, 1.0),
                         uav123=(4.7, 20, 3, 1.0), otb100=(4.45, 6, 2, 1.0), vot2020=(4.5, 6, 5, 1.0)),
    'mixvit_b_got_spm': dict(got10k_test=(4.5, 200, 2, 1.0)),
    'mixvit_l_spm': dict(lasot=(4.55, 200, 2, 1.0), trackingnet=(4.6, 25, 2, 1.0), got10k_test=(4.5, 200, 2, 1.0),
                         uav123=(4.7, 25, 2, 1.0), otb100=(4.6, 12, 5, 1.0), vot2020=(4.5, 10, 5, 1.0)),
    'mixformer_cvt21_1k_spm': dict(lasot=(4.5, 200, 3, 1.0), trackingnet=(4.5, 25, 3, 1.0), uav123=(4.55, 200, 3, 1.0),
                                   otb100=(4.5, 6, 2, 1.0), got10k_test=(4.55, 10, 3, 1.0), vot2020=(5.0, 7, 5, 1.0)),
}


@pytest.mark.parametrize('name', ONLINE)
def test_online_settings_of_mixformer(name):
    cfg = vtzoo.load_config(name)
    for benchmark, (factor, interval, online, decay) in ONLINE[name].items():
        settings = vtzoo.config.tracking_settings(cfg, benchmark)
        assert (cfg.model.crop | settings.get('crop', {}))['search_factor'] == factor
        assert settings['templates'] == dict(type='HighestScore', interval=interval, online=online, threshold=0.5,
                                             decay=decay)
        assert settings['ranking'] == dict(type='Best', margin=10)


def test_online_settings_of_sparsett():
    rows = dict(got10k_test=(0.95, 0.21, 0.04), lasot=(0.95, 0.21, 0.04), trackingnet=(0.95, 0.21, 0.04),
                uav123=(0.7364, 0.2398, 0.0734), otb100=(0.626, 0.2549, 0.053))
    for benchmark, (rate, window, penalty) in rows.items():
        ranking = vtzoo.config.tracking_settings(vtzoo.load_config('sparsett_swin_t'), benchmark)['ranking']
        assert ranking == dict(type='WindowPenalty', rate=rate, window=window, penalty=penalty)


#                    template, search, factor; elimination: start, warm
OSTRACK = {
    'ostrack_256':      (128, 256, 4.0, (20, 80)), 'ostrack_384':      (192, 384, 5.0, (20, 80)),
    'ostrack_256_got':  (128, 256, 4.0, (20, 50)), 'ostrack_384_got':  (192, 384, 5.0, (20, 50)),
    'ostrack_256_noce': (128, 256, 4.0, None),     'ostrack_384_noce': (192, 384, 5.0, None)}


@pytest.mark.parametrize('name', OSTRACK)
def test_ostrack(name):
    template, search, factor, schedule = OSTRACK[name]
    cfg = vtzoo.load_config(name)
    with torch.device('meta'):
        model = vtzoo.build_model(cfg)
    crop, elimination = model.crop, model.fusion.elimination
    assert (crop.template_size, crop.search_size, crop.template_factor, crop.search_factor) == (
        template, search, 2.0, factor)
    if schedule is None:
        assert elimination is None
    else:
        assert elimination.keep == {3: 0.7, 6: 0.7, 9: 0.7}
        assert elimination.template_range == 'CTR_POINT'
        assert (elimination.start_epoch, elimination.warm_epochs) == schedule
    assert [(type(term).__name__, term.weight) for term in model.losses] == [
        ('GaussianFocalLoss', 1.0), ('GIoULoss', 2.0), ('L1Loss', 5.0)]
    assert vtzoo.config.tracking_settings(cfg) == dict(
        ranking=dict(type='HannWindow', margin=10), templates=dict(type='FirstOnly'))
    drop = [getattr(block.drop_path1, 'drop_prob', 0.0) for block in model.backbone.blocks]
    assert drop == pytest.approx([0.1 * i / 11 for i in range(12)])
    # released parameters less a class token and the table that both others were made from
    released = {256: 92.52e6, 384: 92.83e6}[search]
    assert sum(p.numel() for p in model.parameters()) + 198 * 768 == pytest.approx(released, abs=5e3)


def test_mixvit():
    with torch.device('meta'):
        base, large = vtzoo.build_model('mixvit_b'), vtzoo.build_model('mixvit_l')
    assert (base.crop.template_size, base.crop.search_size, base.crop.search_factor) == (128, 288, 4.5)
    assert (large.crop.template_size, large.crop.search_size, large.crop.search_factor) == (192, 384, 4.5)
    frozen = {name for name, parameter in large.named_parameters() if not parameter.requires_grad}
    assert frozen == {name for name, _ in large.named_parameters()
                      if name.startswith(('backbone.patch_embed.', *(f'backbone.blocks.{i}.' for i in range(6))))}
    assert vtzoo.load_config('mixvit_l').optim_wrapper.accumulative_counts == 3
    for name, released, unused in (('mixvit_b', 98.40e6, (198 + 324 + 64 + 2 + 1000) * 768 + 1000),
                                   ('mixvit_b_spm', 104.31e6, (198 + 324 + 64 + 2 + 1000) * 768 + 1000),
                                   ('mixvit_l', 319.70e6, (198 + 576 + 144 + 2 + 1000) * 1024 + 1000),
                                   ('mixvit_l_spm', 330.20e6, (198 + 576 + 144 + 2 + 1000) * 1024 + 1000)):
        with torch.device('meta'):
            count = sum(p.numel() for p in vtzoo.build_model(name).parameters())
        assert count + unused == pytest.approx(released, abs=1e4), name


def test_drop_path():
    """MixFormer: i / 15 of 0.1 in the last stage's block i; SparseTT: 0.2 i / 11 although two blocks are left out."""
    def rates(blocks, *names):
        return [getattr(getattr(block, name), 'drop_prob', 0.0) for block in blocks for name in names]

    with torch.device('meta'):
        stages = vtzoo.build_model('mixformer_cvt21').backbone.stages
        large = vtzoo.build_model('mixformer_cvt24w').backbone.stages
        swin = vtzoo.build_model('sparsett_swin_t').backbone.layers
    assert rates([*stages[0].blocks, *stages[1].blocks], 'drop_path') == [0.0] * 5
    assert rates(stages[2].blocks, 'drop_path') == pytest.approx([0.1 * i / 15 for i in range(16)])
    assert rates(large[2].blocks, 'drop_path') == pytest.approx([0.3 * i / 11 for i in range(12)])
    blocks = [block for layer in swin for block in layer.blocks]
    for name in ('drop_path1', 'drop_path2'):
        assert rates(blocks, name) == pytest.approx([0.2 * i / 11 for i in range(10)])


def small(name):
    """A config with its widths cut, the recipe untouched."""
    cfg = vtzoo.load_config(name)
    changes = {'model.backbone.arch': 'tiny', 'model.backbone.depths': (1, 1, 2)}
    if cfg.model.head.type == 'CornerHead':
        changes |= {'model.head.channels': 16, 'model.crop.template_size': 48, 'model.crop.search_size': 80}
    else:
        changes |= {'model.head.width': 16, 'model.head.convs': 1, 'model.fusion.dim': 32, 'model.fusion.hidden': 32,
                    'model.fusion.heads': 2, 'model.crop.template_size': 47, 'model.crop.search_size': 79}
    return override(cfg, changes)


def moved_by_a_step(cfg):
    """Names of the parameters and statistics that one optimisation step changes."""
    torch.manual_seed(0)
    model = vtzoo.build_model(cfg).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    wrapper = optim_wrapper_of(model, cfg.optim_wrapper)
    crop = model.crop
    z = torch.randn(4, 2, 3, crop.template_size, crop.template_size)
    x = torch.randn(4, 3, crop.search_size, crop.search_size)
    target = Target(torch.tensor([[0.5, 0.5, 0.4, 0.4]] * 4), torch.tensor([True, True, False, True]))
    losses = model.loss(z, x, target)
    wrapper.update_params(sum(value for key, value in losses.items() if key.startswith('loss')))
    return {key for key, value in model.state_dict().items() if not torch.equal(before[key], value)}, model


@pytest.mark.parametrize('name', ['mixformer_cvt21', 'mixformer_cvt24w', 'sparsett_swin_t'])
def test_what_moves_in_stage_one(name):
    moved, model = moved_by_a_step(small(name))
    statistics = {key for key in moved if 'running_' in key}
    assert statistics
    assert all(key.startswith('head.' if 'mixformer' in name else ('head.', 'fusion.adjust')) for key in statistics), \
        "MixFormer's backbone BatchNorm is frozen, its head's is ordinary; SparseTT's are all ordinary"
    still = {name for name, p in model.named_parameters() if p.requires_grad} - moved
    assert not {key for key in still if 'backbone' in key and 'bias' not in key}
    if name == 'mixformer_cvt24w':
        assert not any(key.startswith('backbone.stages.0.') for key in moved), 'its first stage is frozen'


@pytest.mark.parametrize('name', ['mixformer_cvt21_spm', 'mixformer_cvt24w_spm', 'sparsett_swin_t_spm'])
def test_only_the_score_prediction_module_moves_in_stage_two(name):
    moved, _ = moved_by_a_step(small(name))
    assert moved
    assert all(key.startswith('confidence.') for key in moved)


SWITCHES = {
    'the loss: CIoU as released, GIoU as written':
        ('mixformer_cvt21', 'model.losses.0.type', 'CIoULoss', 'GIoULoss'),
    "the frame gap: its lost upper bound":
        ('sparsett_swin_t', 'train_dataloader.dataset.frames.open_end', True, False),
    'the area filter that never rejects':
        ('sparsett_swin_t', 'train_dataloader.dataset.jitter.area', None, (0.001, 0.6)),
    'one pixel of padding too many':
        ('mixformer_cvt21', 'model.crop.extra_padding', None, False),
    'search factor of the test scripts':
        ('mixformer_cvt21_spm', 'tracking.benchmarks.lasot.crop.search_factor', 4.55, 5.0),
}


@pytest.mark.parametrize('switch', SWITCHES)
def test_released_behaviour_is_the_default_and_the_papers_an_override_away(switch):
    name, key, released, paper = SWITCHES[switch]

    def look(cfg):
        node = cfg
        for part in key.split('.'):
            node = node[int(part)] if part.isdigit() else node.get(part)
        return node

    assert look(vtzoo.load_config(name)) == released
    changed = vtzoo.load_config(name, {key: paper})
    assert look(changed) == paper
    if key.startswith('model.'):
        with torch.device('meta'):
            vtzoo.build_model(changed)
