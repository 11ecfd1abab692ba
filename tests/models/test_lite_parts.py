"""The parts of nano/lite_nano: what folding keeps, where cells lie, and what the scores are taught."""

import pytest
import timm
import torch

import vtzoo
from vtzoo.models.heads.dense_head import DenseHead
from vtzoo.models.preprocessor import IMAGENET_MEAN, IMAGENET_STD
from vtzoo.models.quality_losses import CentredGIoULoss, QualityFocalLoss, centredness
from vtzoo.structures import Boxes, Spec, Target


@pytest.fixture(scope='module')
def timm_net():
    torch.manual_seed(0)
    net = timm.create_model('tf_efficientnet_lite0').train()
    with torch.no_grad():
        net(torch.randn(2, 3, 65, 65))  # statistics that are not those of a new network
    return net.eval()


@pytest.fixture(scope='module')
def model():
    return vtzoo.build_model('nano/lite_nano').eval()


def test_pretrained_weights_give_the_maps_of_timm(timm_net, model):
    """BatchNorm folded, ImageNet's mean and deviation instead of 0.5: the same map from the same picture.

    Crops of 16 k + 1 pixels are padded by TensorFlow's rule as by PyTorch's. Outside the picture the one network sees
    grey, the other ImageNet's mean, so a picture that ends in both is compared: one of a single value.
    """
    backbone = model.backbone
    missing = backbone.load_state_dict(backbone.checkpoint_filter(timm_net.state_dict()), strict=False)
    assert not missing.unexpected_keys
    assert all(key.startswith(backbone.not_pretrained) for key in missing.missing_keys)
    torch.manual_seed(1)
    image = torch.rand(1, 3, 113, 113)
    mean, std = torch.tensor(IMAGENET_MEAN).view(3, 1, 1), torch.tensor(IMAGENET_STD).view(3, 1, 1)
    with torch.no_grad():
        stem = timm_net.bn1(timm_net.conv_stem((image - 0.5) / 0.5))[..., 2:-2, 2:-2]
        torch.testing.assert_close(backbone.stem((image - mean) / std)[..., 2:-2, 2:-2], stem, atol=1e-5, rtol=1e-4)
        inside = torch.rand(1, 32, 57, 57)
        expected = timm_net.blocks[:5](inside)
        torch.testing.assert_close(backbone.coarse(backbone.fine(inside)), expected, atol=1e-4, rtol=1e-3)


def test_weights_of_another_network_are_named(model):
    state = {'conv_stem.weight': torch.zeros(1)}
    assert model.backbone.checkpoint_filter(state) == state


def test_cells_lie_on_whole_pixels(model):
    head = model.head
    points = head.points(21, 21) * head.size
    torch.testing.assert_close(points[0], torch.zeros(2))
    torch.testing.assert_close(points[-1], torch.full((2,), 160.0))


def test_templates_of_any_size_are_resampled_to_the_cells(model):
    with torch.no_grad():
        memory = model.memorize(torch.randn(1, 2, 3, 65, 65))
        features, _ = model.read(torch.randn(1, 3, 161, 161), memory)
    assert memory.z.shape == (1, 2, 96, 9, 9)
    assert features.x.shape == (1, 96, 21, 21)


def boxes_at(scores, shift=0.0):
    head = DenseHead(Spec(8, 8, 8), 65, width=8, depth=1)
    points = head.points(9, 9)
    boxes = torch.cat([torch.full_like(points, 0.5) + shift, torch.full_like(points, 0.3)], 1)[None]
    return Boxes(boxes, scores, points)


def test_the_score_learns_the_overlap_of_its_box():
    """At the centre a score equal to the overlap costs nothing; elsewhere only a low score does."""
    target = Target(torch.tensor([[0.5, 0.5, 0.3, 0.3]]), torch.tensor([True]))
    place = centredness(boxes_at(torch.zeros(1, 81)), target)
    assert place.argmax() == 40
    assert place[0, 40] == 1
    assert (place[0, [0, 8, 72, 80]] == 0).all()
    loss = QualityFocalLoss()
    right, low = torch.full((1, 81), -9.0), torch.full((1, 81), -9.0)
    inner = place[0] > 0
    right[0, inner] = torch.logit(place[0, inner].clamp(max=1 - 1e-4))
    assert loss(boxes_at(right), target) < 1e-3 < loss(boxes_at(low), target)
    worse = boxes_at(right, shift=0.1)
    assert loss(worse, target) > 10 * loss(boxes_at(right), target)
    assert CentredGIoULoss()(boxes_at(right), target) < 1e-5 < CentredGIoULoss()(worse, target)


def test_a_negative_pair_teaches_low_scores_and_no_box():
    target = Target(torch.tensor([[0.5, 0.5, 0.3, 0.3]]), torch.tensor([False]))
    assert CentredGIoULoss()(boxes_at(torch.zeros(1, 81), shift=0.2), target) == 0
    high, low = (QualityFocalLoss()(boxes_at(torch.full((1, 81), value)), target) for value in (3.0, -3.0))
    assert high > 100 * low


def test_a_head_with_one_box_is_refused():
    target = Target(torch.tensor([[0.5, 0.5, 0.3, 0.3]]), torch.tensor([True]))
    with pytest.raises(ValueError, match='DenseHead'):
        CentredGIoULoss()(Boxes(torch.rand(1, 1, 4)), target)


@pytest.mark.parametrize(('stages', 'first'), [(0, 'stem.0'), (2, 'fine.2'), (5, 'top')])
def test_leading_stages_stay_as_they_are(stages, first):
    cfg = vtzoo.load_config('nano/lite_nano', {'model.backbone.frozen_stages': stages})
    learning = [name for name, parameter in vtzoo.build_model(cfg).backbone.named_parameters()
                if parameter.requires_grad]
    assert any(name.startswith(first) for name in learning)
    assert any(name.startswith('stem.0') for name in learning) == (stages == 0)
    assert any(name.startswith('coarse') for name in learning) == (stages < 5)
    with pytest.raises(ValueError, match='EfficientNet has 5 stages; frozen_stages=6 is not among'):
        vtzoo.build_model(vtzoo.load_config('nano/lite_nano', {'model.backbone.frozen_stages': 6}))
