"""Every row of the papers' ablation tables builds, trains a step and tracks; here in small."""

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.config import tracking_settings
from vtzoo.inference.online import OnlineTracker
from vtzoo.structures import Target
from vtzoo.zoo.cards import all_cards

ROWS = vtzoo.list_models('ablations/*')
QUICK = ('table4_cam3', 'table4_transt4', 'table4_mam6', 'table4_query', 'table5_asymmetric', 'table6_interval',
         'table6_spm', 'ostrack_two_stream', 'ostrack_mam4', 'ostrack_range_rec', 'mixvit_corner',
         'sparsett_k8', 'sparsett_dense', 'sparsett_fc', 'sparsett_conv', 'sparsett_depth3')
NARROW = dict(
    crop=dict(template_size=48, search_size=80), CvT=dict(arch='tiny'), Swin=dict(arch='tiny', depths=(1, 1, 1)),
    CrossAttention=dict(dim=32, heads=2, hidden=32), SparseEncoderDecoder=dict(dim=32, heads=2, hidden=32, dropout=0.0),
    CornerHead=dict(channels=8), DoubleHead=dict(width=16, convs=1), CenterHead=dict(channels=8),
    ViT=dict(arch='tiny', width=32, depth=12, heads=2))


def small(name):
    """A row with narrow parts and small crops: what the row is about stays."""
    cfg = vtzoo.load_config(name)
    options = {f'model.crop.{key}': value for key, value in NARROW['crop'].items()}
    for part in ('backbone', 'fusion', 'head'):
        for key, value in NARROW.get(cfg.model[part].type, {}).items():
            options[f'model.{part}.{key}'] = value
    return vtzoo.config.override(cfg, options)


@pytest.mark.parametrize('name', [name if name.split('/')[1] in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                  for name in ROWS])
def test_a_row_trains_a_step_and_tracks(name):
    torch.manual_seed(0)
    cfg = small(name)
    model = vtzoo.build_model(cfg).train()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    templates = cfg.train_dataloader.dataset.frames.get('templates', 1)
    target = Target(torch.tensor([[0.5, 0.5, 0.4, 0.3], [0.4, 0.6, 0.5, 0.6]]), torch.tensor([True, True]))
    losses = model.loss(torch.randn(2, templates, 3, 48, 48), torch.randn(2, 3, 80, 80), target)
    sum(value for key, value in losses.items() if key.startswith('loss')).backward()
    trained = [p for p in model.parameters() if p.requires_grad]
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in trained)
    before = [p.detach().clone() for p in trained]
    optimizer.step()
    assert any(not torch.equal(old, new) for old, new in zip(before, trained, strict=True))

    tracker = OnlineTracker(model, **tracking_settings(cfg))
    image = np.random.RandomState(0).randint(0, 255, (60, 70, 3)).astype(np.uint8)
    tracker.init(image, (20, 20, 16, 12))
    for _ in range(2):
        assert np.isfinite(tracker.track(image).box).all()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['table4_cam1', 'table4_mam21', 'table5_asymmetric', 'table6_spm', 'sparsett_k32'])
def test_a_row_tracks_at_its_full_size(name):
    tracker = OnlineTracker(vtzoo.build_model(name), **tracking_settings(vtzoo.load_config(name)))
    image = np.random.RandomState(0).randint(0, 255, (120, 160, 3)).astype(np.uint8)
    tracker.init(image, (50, 40, 40, 30))
    assert np.isfinite(tracker.track(image).box).all()


def test_the_tables_are_complete():
    wanted = {f'ablations/table4_{row}' for row in
              ('cam1', 'cam3', 'transt4', 'mam1', 'mam6', 'mam11', 'mam16', 'mam21', 'query')}
    wanted |= {f'ablations/table5_{row}' for row in ('symmetric', 'asymmetric')}
    wanted |= {f'ablations/table6_{row}' for row in ('first', 'interval', 'spm')}
    wanted |= {f'ablations/table7_{row}' for row in ('22k', '1k', 'got')}
    wanted |= {f'ablations/sparsett_{row}' for row in
               ('k8', 'k16', 'k32', 'k64', 'k128', 'k256', 'dense', 'fc', 'conv', 'both', 'depth1', 'depth2', 'depth3')}
    wanted |= {f'ablations/ostrack_{row}' for row in
               ('two_stream', 'mam4', 'mam8', 'mam12', 'asymmetric', 'keep100', 'keep90', 'keep80', 'keep70', 'keep60',
                'range_rec', 'range_all', 'mae', '1k', '21k', 'scratch')}
    wanted |= {f'ablations/mixvit_{row}' for row in ('asymmetric', 'symmetric', 'mam6', 'pyramid', 'corner', '21k')}
    assert set(ROWS) == wanted


def test_a_row_says_what_it_is_about():
    fusions = {name: vtzoo.load_config(f'table4_{name}').model.fusion for name in ('mam1', 'mam16', 'cam3')}
    assert (fusions['mam1'].blocks, fusions['mam16'].blocks, fusions['cam3'].depth) == (1, 16, 3)
    assert vtzoo.load_config('sparsett_k64').model.fusion.topk == 64
    assert vtzoo.load_config('sparsett_dense').model.fusion.topk is None
    assert vtzoo.load_config('ostrack_keep60').model.fusion.elimination.keep == 0.6
    assert vtzoo.load_config('ostrack_mam8').model.fusion.blocks == 8
    assert [one['type'] for one in vtzoo.load_config('table7_got').train_dataloader.dataset.sets] == ['GOT10k']


def test_the_cards_show_parameters_and_macs_beside_the_published():
    cards = [card for card in all_cards() if card.name.startswith('ablations/')]
    assert sorted(facts['config'] for card in cards for facts in card.configs) == ROWS
    for card in cards:
        header = next(line for line in card.body.splitlines() if line.startswith('| config | backbone'))
        assert all(f'| {column} |' in header for column in ('parameters', 'MACs frame', 'published parameters'))
        for facts in card.configs:
            assert f'\n| `{facts["config"].split("/")[1]}` |' in card.body
