"""Every legal combination builds, trains a step and tracks; every other one says what to write instead.

The grid walks the registries: a new backbone, fusion or head is tested by being registered.
"""

from functools import cache

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.block import Block
from vtzoo.registry import BACKBONES, CONFIDENCES, FUSIONS, HEADS, build, find
from vtzoo.structures import Target, Tokens

REGISTRIES = dict(backbone=BACKBONES, fusion=FUSIONS, head=HEADS, confidence=CONFIDENCES)
CROP = dict(type='AreaCrop', template_size=48, search_size=80)


def small(kind, name):
    """Small arguments that the part itself declares, one or several; none: it is built as it is."""
    return getattr(find(REGISTRIES[kind], name), 'small', ({},))


@cache
def backbone_spec(name):
    with torch.device('meta'):
        return build(BACKBONES, dict(type=name, **small('backbone', name)[0])).spec


@cache
def fusion_spec(backbone, fusion, number):
    """What the fusion gives after this backbone; None: it refuses it, and says so (see test_messages)."""
    try:
        with torch.device('meta'):
            return build(FUSIONS, dict(type=fusion, **small('fusion', fusion)[number]),
                         spec=backbone_spec(backbone)).spec
    except ValueError:
        return None


def combinations():
    """Every combination whose parts declare that they fit: a query token needs a fusion that carries it."""
    for backbone in vtzoo.list_components('backbone'):
        for fusion in vtzoo.list_components('fusion'):
            for number, arguments in enumerate(small('fusion', fusion)):
                spec = fusion_spec(backbone, fusion, number)
                for head in vtzoo.list_components('head') if spec else ():
                    if spec.token_channels or not find(HEADS, head).needs_tokens:
                        yield backbone, fusion, arguments, head


def config(backbone, fusion, arguments, head, **more):
    return dict(model=dict(
        type='Tracker', crop=CROP, backbone=dict(type=backbone, **small('backbone', backbone)[0]),
        fusion=dict(type=fusion, **arguments), head=dict(type=head, **small('head', head)[0]), **more))


def batch(templates, b=2):
    torch.manual_seed(1)
    return (torch.randn(b, templates, 3, 48, 48), torch.randn(b, 3, 80, 80),
            Target(torch.tensor([[0.5, 0.5, 0.4, 0.3], [0.4, 0.6, 0.5, 0.6]]), torch.tensor([True, True])))


def name_of(value):
    return '-'.join(f'{k}={v}' for k, v in value.items()) if isinstance(value, dict) else str(value)


def test_no_part_is_left_out_of_the_grid():
    """Every backbone meets every fusion and every fusion every head, but for query tokens that cannot pass."""
    tried = list(combinations())
    for fusion in vtzoo.list_components('fusion'):
        assert {one[0] for one in tried if one[1] == fusion} == set(vtzoo.list_components('backbone'))
        blind = not any(spec.token_channels for number in range(len(small('fusion', fusion)))
                        if (spec := fusion_spec(vtzoo.list_components('backbone')[0], fusion, number)))
        heads = {name for name in vtzoo.list_components('head')
                 if not (blind and find(HEADS, name).needs_tokens)}
        assert {one[3] for one in tried if one[1] == fusion} == heads


@pytest.mark.parametrize(('backbone', 'fusion', 'arguments', 'head'), list(combinations()), ids=name_of)
def test_builds_trains_and_tracks(backbone, fusion, arguments, head):
    torch.manual_seed(0)
    model = vtzoo.build_model(config(backbone, fusion, arguments, head))
    for templates in (1, 2):
        model.train().zero_grad()
        losses = model.loss(*batch(templates))
        sum(value for name, value in losses.items() if name.startswith('loss')).backward()
        missing = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
        assert not missing, f'no gradient reaches {missing}'
        assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.requires_grad)

    for confidence in vtzoo.list_components('confidence'):
        scored = dict(type=confidence, **small('confidence', confidence)[0])
        second = vtzoo.build_model(config(backbone, fusion, arguments, head, confidence=scored)).train()
        losses = second.loss(*batch(1))
        assert [name for name in losses if name.startswith('loss')] == ['loss_confidence']
        losses['loss_confidence'].backward()
        trains = {name for name, p in second.named_parameters() if p.requires_grad}
        assert trains == {name for name, _ in second.named_parameters() if name.startswith('confidence.')}
        assert all(second.get_parameter(name).grad is not None for name in trains)

    image = np.random.RandomState(0).randint(0, 255, (60, 70, 3)).astype(np.uint8)
    for copies in (1, 2, 3):
        tracker = OnlineTracker(second, templates=dict(type='FirstOnly', copies=copies))
        tracker.init(image, (20, 20, 16, 12))
        result = tracker.track(image)
        assert np.isfinite(result.box).all()
        assert 0 <= result.score <= 1


@pytest.mark.parametrize(('backbone', 'fusion', 'arguments', 'head'), list(combinations())[::3], ids=name_of)
def test_memorized_equals_computed_anew(backbone, fusion, arguments, head):
    """Reading a batch against memories of its samples equals reading each against its own; the order of
    templates past the first is free."""
    torch.manual_seed(0)
    model = vtzoo.build_model(config(backbone, fusion, arguments, head)).eval()
    z, x, _ = batch(3)
    with torch.no_grad():
        features, branches = model.read(x, model.memorize(z))
        alone = model.memorize(z[1:])
        for _ in range(2):  # a memory is read again and again
            one, one_branches = model.read(x[1:], alone)
            torch.testing.assert_close(one.x, features.x[1:], atol=1e-4, rtol=1e-4)
        swapped, _ = model.read(x, model.memorize(z[:, [0, 2, 1]]))
    for name in branches:
        torch.testing.assert_close(one_branches[name].boxes, branches[name].boxes[1:], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(swapped.x, features.x, atol=1e-4, rtol=1e-4)


def test_asymmetric_templates_ignore_the_search_region():
    model = vtzoo.build_model(config('CvT', 'AsymmetricMAM', {}, 'CornerHead')).eval()
    z, x, _ = batch(2)
    with torch.no_grad():
        memory = model.memorize(z)
        one, _ = model.read(x, memory)
        other, _ = model.read(torch.flip(x, [0]), memory)
    assert torch.equal(one.z, other.z)
    assert not torch.equal(one.x, other.x)


def test_symmetric_templates_see_the_search_region():
    model = vtzoo.build_model(config('CvT', 'MAM', {}, 'CornerHead')).eval()
    z, x, _ = batch(2)
    with torch.no_grad():
        memory = model.memorize(z)
        assert not torch.equal(model.read(x, memory)[0].z, model.read(torch.flip(x, [0]), memory)[0].z)


def test_topk_of_all_cells_is_exactly_dense():
    dense = small('fusion', 'SparseEncoderDecoder')[0] | dict(topk=None, decoder_layers=2)
    for head in ('CornerHead', 'QueryHead'):  # a query token comes on top of the cells
        one = vtzoo.build_model(config('CvT', 'SparseEncoderDecoder', dense, head)).eval()
        other = vtzoo.build_model(config('CvT', 'SparseEncoderDecoder', dense | dict(topk=25), head)).eval()
        other.load_state_dict(one.state_dict())
        z, x, _ = batch(1)
        with torch.no_grad():
            a, b = one.read(x, one.memorize(z))[0], other.read(x, other.memorize(z))[0]
        assert torch.equal(a.x, b.x)


@pytest.mark.parametrize('name', vtzoo.list_components('backbone'))
@pytest.mark.parametrize('size', [63, 127, 160])
def test_backbones_take_any_size_and_keep_their_spec(name, size):
    backbone = build(BACKBONES, dict(type=name, **small('backbone', name)[0])).eval()
    with torch.no_grad():
        out = backbone(torch.randn(1, 3, size, size))
    assert out.shape == (1, backbone.spec.channels, *[-(-size // backbone.spec.stride)] * 2)


@pytest.mark.parametrize('name', ['MAM', 'AsymmetricMAM'])
def test_mixed_attention_is_the_same_in_training_and_tracking(name):
    """No statistics of a batch: running ones, of templates and search crops in turn, would fit neither."""
    torch.manual_seed(0)
    model = vtzoo.build_model(config('Swin', name, dict(depth=2, dim=32, heads=2), 'QueryHead'))
    z, x, _ = batch(1)
    with torch.no_grad():
        trained = model.train().read(x, model.memorize(z))[0].x
        tracked = model.eval().read(x, model.memorize(z))[0].x
    torch.testing.assert_close(trained, tracked, atol=1e-5, rtol=1e-4)


def test_a_scaled_start_lets_narrow_blocks_act():
    """At CvT's 0.02 a block 16 channels wide hardly changes its tokens; every linear layer of it is scaled."""
    def change(**more):
        torch.manual_seed(0)
        block = Block(16, 1, **more).eval()
        tokens = Tokens.of(torch.randn(2, 1, 16, 8, 8))
        with torch.no_grad():
            return float((block(tokens).t - tokens.t).std()), block

    released, _ = change()
    scaled, block = change(scaled_init=True)
    assert released < 0.05 < 0.25 < scaled
    for module in block.modules():
        if isinstance(module, torch.nn.Linear):
            assert module.weight.std().item() == pytest.approx(module.in_features ** -0.5, rel=0.25)


@pytest.mark.slow
def test_compiles_whole(recwarn):
    """No graph break in the two calls (checked without a code generator, which CI may lack)."""
    cfg = config('CvT', 'AsymmetricMAM', {}, 'CornerHead')
    cfg['model']['backbone']['depths'] = (1, 1, 1)
    model = vtzoo.build_model(cfg).eval()
    z, x, _ = batch(2)
    with torch.no_grad():
        memory = torch.compile(model.memorize, fullgraph=True, backend='eager')(z)
        boxes = torch.compile(lambda a, m: model.read(a, m)[1]['box'].boxes, fullgraph=True, backend='eager')(x, memory)
        torch.testing.assert_close(boxes, model.read(x, model.memorize(z))[1]['box'].boxes)
