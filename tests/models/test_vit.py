"""ViT takes timm's and MAE's weights; positions fit any crop; elimination keeps what the templates look at."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from timm.layers import QuickGELU
from timm.models.vision_transformer import VisionTransformer

import vtzoo
from tests.models.test_grid import batch, config
from vtzoo.engine.hooks import EliminationSchedule
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.backbones import ViT
from vtzoo.models.heatmaps import gaussian_labels
from vtzoo.models.losses import GaussianFocalLoss
from vtzoo.structures import Boxes, Target, Tokens

SMALL = dict(arch='tiny', width=32, depth=2, heads=2)
CLIP = dict(pre_norm=True, act_layer=QuickGELU, norm_layer=partial(torch.nn.LayerNorm, eps=1e-5))


def timm_vit(**more):
    torch.manual_seed(0)
    return VisionTransformer(**dict(img_size=64, patch_size=16, embed_dim=32, depth=2, num_heads=2) | more).eval()


def filled(backbone, state):
    """A backbone with the pretrained weights of a state dict, through the tracker's own way."""
    cfg = config('ViT', 'MAM', {}, 'CornerHead')
    cfg['model']['backbone'] = backbone
    model = vtzoo.build_model(cfg).eval()
    missing = model.load_state_dict(vtzoo.convert(state, cfg), strict=False)
    assert not missing.unexpected_keys
    return model.backbone


@pytest.mark.parametrize('more', [{}, dict(init_values=0.1), CLIP], ids=['plain', 'layer_scale', 'clip'])
def test_timms_weights_give_timms_features(more):
    net = timm_vit(class_token=False, global_pool='avg', fc_norm=False, **more)
    torch.nn.init.normal_(net.pos_embed)
    backbone = filled(dict(type='ViT', **SMALL, positions='learned', norm=True, layer_scale=more.get('init_values'),
                           pre_norm=more is CLIP, quick_gelu=more is CLIP), net.state_dict())
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        backbone.pos_embed_x = torch.nn.Parameter(net.pos_embed)  # for 64 pixels; the tracker's crops are 48 and 80
        theirs = net.forward_features(image).transpose(1, 2).unflatten(2, (4, 4))
        torch.testing.assert_close(backbone(image), theirs, atol=1e-5, rtol=1e-4)


def test_positions_of_class_and_register_tokens_are_dropped():
    net = timm_vit(reg_tokens=4, patch_size=14, img_size=70, init_values=1e-5)
    backbone = filled(dict(type='ViT', **SMALL, positions='learned', norm=True, layer_scale=1e-5), net.state_dict())
    assert backbone.pos_embed_z.shape == (1, 9, 32)
    torch.testing.assert_close(backbone.pos_embed_x, net.pos_embed[:, 5:])  # 5 x 5 in both
    assert backbone.patch_embed.proj.weight.shape[-2:] == (16, 16)


def test_a_masked_autoencoder_with_its_decoder():
    state = timm_vit().state_dict() | {'mask_token': torch.zeros(1, 1, 16), 'decoder_embed.weight': torch.zeros(16, 32),
                                       'decoder_pos_embed': torch.zeros(1, 17, 16)}
    backbone = filled(dict(type='ViT', **SMALL), {'model': state})  # fixed positions, no norm
    torch.testing.assert_close(backbone.blocks[1].mlp.fc2.weight, state['blocks.1.mlp.fc2.weight'])


@pytest.mark.parametrize(('change', 'said'), [
    ({'blocks.0.ls1.gamma': torch.zeros(32)}, 'left over: backbone.blocks.0.ls1.gamma'),
    ({'blocks.0.attn.qkv.weight': torch.zeros(9, 3)}, 'of another shape')])
def test_weights_of_another_vit_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        filled(dict(type='ViT', **SMALL), timm_vit().state_dict() | change)


@pytest.mark.parametrize('positions', ['sincos', 'learned'])
def test_positions_for_any_crop(positions):
    """A map as large as neither table gets its own positions; equal crops share a table; all of them train."""
    backbone = ViT(**SMALL, positions=positions, sizes=(64, 128))
    for side in (4, 8):
        assert backbone.positions_for(side, side).shape == (1, side * side, 32)
    assert backbone.positions_for(5, 7).shape == (1, 35, 32)
    assert backbone(torch.randn(1, 3, 70, 100)).shape == (1, 32, 5, 7)
    same = ViT(**SMALL, positions=positions, sizes=(64, 64))
    assert same.pos_embed_z is None
    assert len(list(same.parameters())) == len(list(backbone.parameters())) - (positions == 'learned')


def eliminating(head='CornerHead', **more):
    torch.manual_seed(0)
    fusion = dict(elimination=dict(blocks=[1, 3], keep=0.5) | more)
    return vtzoo.build_model(config('ViT', 'MAM', fusion, head)).eval()


@pytest.mark.parametrize('head', ['CornerHead', 'QueryHead'])
@pytest.mark.parametrize('templates', [1, 3])
def test_eliminated_tokens_come_back_as_zeros(head, templates):
    model = eliminating(head)
    z, x, _ = batch(templates)
    with torch.no_grad():
        features, _ = model.read(x, model.memorize(z))
    assert [kept.shape for kept in features.kept] == [(2, 13), (2, 7)]  # of 25
    for first, second, cells in zip(*features.kept, features.x.flatten(2), strict=True):
        assert set(second.tolist()) <= set(first.tolist())
        assert (cells != 0).any(0).nonzero().flatten().tolist() == sorted(second.tolist())
    assert features.q is None or features.q.shape == (2, 1, 32)


def test_where_no_cell_asks_all_do():
    model = eliminating(template_range='ALL')
    z, x, _ = batch(1)
    with torch.no_grad():
        memory = model.memorize(z)
        everyone = model.read(x, memory)[0].kept
        nobody = model.read(x, memory._replace(asking=torch.zeros(2, 9, dtype=torch.bool)))[0].kept
    assert all(torch.equal(a, b) for a, b in zip(everyone, nobody, strict=True))


def test_tokens_leave_and_come_back():
    tokens = Tokens.of(torch.randn(2, 1, 4, 3, 3), torch.randn(2, 1, 4))
    some = tokens.keep(torch.tensor([[8, 0, 4], [1, 2, 3]])).keep(torch.tensor([[0, 2], [1, 0]]))
    assert some.kept.tolist() == [[8, 4], [2, 1]]
    torch.testing.assert_close(some.free(), tokens.free())
    maps, _ = some.split()
    torch.testing.assert_close(maps[0, 0].flatten(1)[:, [8, 4]], tokens.split()[0][0, 0].flatten(1)[:, [8, 4]])
    assert int((maps != 0).any(2).sum()) == 4


def test_the_schedule_follows_the_epochs():
    model = eliminating(start_epoch=2, warm_epochs=4)
    hook, share = EliminationSchedule(), lambda: model.fusion.elimination.share(1)
    seen = []
    for epoch in range(8):
        hook.before_train_epoch(SimpleNamespace(model=model, epoch=epoch))
        seen.append(share())
    assert seen[0] == seen[1] == 1.0
    assert seen == sorted(seen, reverse=True)
    assert seen[3] == pytest.approx(0.75)
    assert seen[-1] == 0.5
    hook.before_val_epoch(SimpleNamespace(model=model, epoch=0))
    assert share() == 0.5
    hook.before_train_epoch(SimpleNamespace(model=model, epoch=0))
    hook.after_train(SimpleNamespace(model=model))
    assert share() == 0.5
    hook.before_train_epoch(SimpleNamespace(model=vtzoo.build_model(config('CvT', 'MAM', {}, 'CornerHead')), epoch=0))


def test_only_the_box_at_the_peak_is_trained():
    torch.manual_seed(0)
    model = vtzoo.build_model(config('ViT', 'MAM', {}, 'CenterHead'))
    z, x, target = batch(1)
    _, branches = model.read(x, model.memorize(z))
    boxes = branches['box']
    trained = boxes.trained(target)
    assert trained.sum(1).tolist() == [1, 1]
    assert torch.equal(trained.int().argmax(1), boxes.scores.argmax(1))
    negative = target._replace(positive=torch.tensor([False, False]))
    assert not boxes.trained(negative).any()
    losses = model.loss(z, x, negative)
    assert losses['loss_giou'] == losses['loss_l1'] == 0
    assert losses['loss_gaussian_focal'] > 0


def test_gaussian_labels_outside_and_on_one_cell():
    points = torch.stack(torch.meshgrid(torch.arange(4.), torch.arange(4.), indexing='xy'), -1).reshape(-1, 2) / 4
    labels = gaussian_labels(torch.tensor([[0.5, 0.25, 0.1, 0.1], [3.0, 3.0, 0.1, 0.1]]), points)
    assert labels[0].argmax() == 6
    assert labels[0].max() == 1
    assert labels[1].max() == 0
    loss = GaussianFocalLoss()(Boxes(torch.zeros(1, 1, 4), torch.zeros(1, 1), torch.zeros(1, 2)),
                               Target(torch.tensor([[0.2, 0.2, 0.1, 0.1]]), torch.tensor([True])))
    assert torch.isfinite(loss)
    with pytest.raises(ValueError, match='needs a score per cell'):
        GaussianFocalLoss()(Boxes(torch.zeros(1, 1, 4), torch.zeros(1, 1)), Target(torch.zeros(1, 4), torch.ones(1)))


@pytest.mark.parametrize('head', ['CenterHead', 'DoubleHead'])
def test_a_hann_window_ranks_every_dense_head(head):
    tracker = OnlineTracker(vtzoo.build_model(config('ViT', 'MAM', {}, head)), ranking=dict(type='HannWindow'))
    image = np.random.RandomState(0).randint(0, 255, (60, 70, 3)).astype(np.uint8)
    tracker.init(image, (20, 20, 16, 12))
    result = tracker.track(image)
    assert np.isfinite(result.box).all()
    assert 0 <= result.score <= 1
    with pytest.raises(ValueError, match=r"write tracking.ranking=dict\(type='Best'\)"):
        OnlineTracker(vtzoo.build_model(config('ViT', 'MAM', {}, 'CornerHead')), ranking=dict(type='HannWindow'))
