"""Photometric changes keep shape, type and box, happen as often as asked, and follow the generator alone."""

import numpy as np
import pytest

from tests.data.fakes import FakeSet
from vtzoo.data.augment import Blur, Colour, Compression, LowResolution, Noise, augment
from vtzoo.data.augment.photometric import line
from vtzoo.data.crops import ContextCrop
from vtzoo.data.distractors import PastedObjects
from vtzoo.data.frames import Pair
from vtzoo.data.jitter import ContextJitter
from vtzoo.data.mixture import Mixture
from vtzoo.data.pairs import TrainingSamples

BOX = np.array([0.5, 0.5, 0.3, 0.2])
KINDS = [Blur, Colour, Compression, LowResolution, Noise]


def picture(side=63):
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    return np.stack([4 * x % 256, 3 * y % 256, 40 * (x // 8 + y // 8) % 256], -1).astype(np.uint8)


@pytest.mark.parametrize('kind', KINDS)
def test_a_change_is_of_pixels_alone_and_repeats(kind):
    def changed(seed):
        return augment(np.random.default_rng(seed), [kind(p=1.0)], [picture(), picture()], [BOX, BOX])
    (first, second), boxes = changed(2)
    assert first.shape == (63, 63, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(boxes, [BOX, BOX])
    assert not np.array_equal(first, picture())
    assert not np.array_equal(first, second), 'each crop rolls alone'
    np.testing.assert_array_equal(first, changed(2)[0][0])
    (one, other), _ = augment(np.random.default_rng(1), [kind(p=1.0, joint=True)], [picture(), picture()], [BOX, BOX])
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize('kind', KINDS)
def test_as_often_as_asked(kind):
    rng = np.random.default_rng(0)
    rolls = [kind(p=0.3).roll(rng) for _ in range(600)]
    assert 130 < sum(roll is not None for roll in rolls) < 230
    np.testing.assert_array_equal(kind(p=0.0).apply(picture(), BOX, kind(p=0.0).roll(rng))[0], picture())


def test_what_each_does():
    grey = np.full((32, 32, 3), 128, np.uint8)
    assert abs(Noise(p=1.0).change(grey, (8.0, 1)).astype(float).std() - 8) < 0.8
    brighter = Colour().change(grey, np.array([0.25, 0, 0, 0]))
    np.testing.assert_array_equal(brighter, 160)
    red = np.zeros((4, 4, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    np.testing.assert_array_equal(Colour().change(red, np.array([0, 0, 0, 1 / 3]))[0, 0], [0, 255, 0])
    small = LowResolution().change(picture(), 0.25)
    assert np.abs(np.diff(small.astype(int), axis=1)).mean() < np.abs(np.diff(picture().astype(int), axis=1)).mean()


@pytest.mark.parametrize(('length', 'angle'), [(3, 0), (5, np.pi / 2), (9, 0.7), (8.5, 3.0)])
def test_a_movement_is_a_line_that_keeps_the_light(length, angle):
    kernel = line(length, angle)
    assert kernel.sum() == pytest.approx(1)
    y, x = np.nonzero(kernel > kernel.max() / 2)
    along, across = (x * np.cos(angle) + y * np.sin(angle)), (x * np.sin(angle) - y * np.cos(angle))
    assert np.ptp(along) >= length - 2
    assert np.ptp(across) <= 1.5


def samples(**how):
    return TrainingSamples(Mixture([FakeSet(length=60)], [1]), Pair(), ContextCrop(31, 63), ContextJitter(), [],
                           samples=64, seed=3, **how)


@pytest.mark.parametrize('over', [0.0, 1.0])
def test_a_distractor_is_in_the_search_crop_and_hides_no_more_than_said(over):
    plain, pasted = samples(), samples(distractors=PastedObjects(p=1.0, over=over, hidden=0.4))
    shares = []
    for number in range(40):
        before, after = plain[number], pasted[number]
        np.testing.assert_array_equal(before['template'], after['template'])
        np.testing.assert_array_equal(before['box'], after['box'])
        changed = (before['search'] != after['search']).any(0).numpy()
        cx, cy, w, h = after['box'].numpy() * 63
        inside = changed[max(round(cy - h / 2), 0):round(cy + h / 2), max(round(cx - w / 2), 0):round(cx + w / 2)]
        shares.append((changed.mean(), inside.mean()))
    added, hidden = np.array(shares).T
    assert (added > 0).mean() > 0.5
    assert hidden.max() < 0.5, 'a pixel or two of rounding above 0.4'
    assert hidden.mean() < 0.05 if over == 0 else hidden.mean() > 0.05


def test_no_distractors_change_nothing():
    np.testing.assert_array_equal(samples()[5]['search'], samples(distractors=PastedObjects(p=0.0))[5]['search'])
    with pytest.raises(ValueError, match='shares from 0 to 1'):
        PastedObjects(p=2)


def test_a_jittered_template_keeps_its_object_in_sight():
    box, rng = np.array([30.0, 20.0, 24.0, 18.0]), np.random.default_rng(0)
    jitter, convention = ContextJitter(template_shift=0.1, template_scale=0.1), ContextCrop(31, 63)
    cuts = [jitter.crops(rng, convention, [box], box, (96, 72))[0][0] for _ in range(100)]
    boxes = np.array([crop.to_crop(box) for crop in cuts])
    straight = convention.template(box, training=True).to_crop(box)
    assert np.abs(boxes[:, :2] - straight[:2]).max() < 0.1 * straight[2] + 0.02
    assert boxes[:, 0].std() > 0.01
    assert boxes[:, 2].std() > 0.005
