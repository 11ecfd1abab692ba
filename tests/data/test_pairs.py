"""A sample depends on its number and the seed alone; bad frames are named, replaced and limited."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.data.fakes import FakeSet
from vtzoo.data.augment import Brightness, Flip, Grey, augment
from vtzoo.data.crops import AreaCrop, ContextCrop
from vtzoo.data.frames import Causal, Pair, TridentPro
from vtzoo.data.jitter import AreaJitter, ContextJitter
from vtzoo.data.mixture import Mixture
from vtzoo.data.pairs import TrainingSamples
from vtzoo.engine.samplers import EpochSampler
from vtzoo.utils.errors import RunError

AREA = dict(crop=AreaCrop(32, 64), jitter=AreaJitter(), frames=Causal(templates=2))
CONTEXT = dict(crop=ContextCrop(31, 63), jitter=ContextJitter(), frames=Pair(negatives=0.33))
CHANGES = [Grey(0.3, joint=True), Flip(joint=True), Brightness(), Flip()]


def samples(*sets, seed=3, **how):
    how = AREA | dict(augmentations=CHANGES) | how
    return TrainingSamples(Mixture(sets or [FakeSet(length=60)], [1] * max(len(sets), 1)), samples=64, seed=seed, **how)


@pytest.mark.parametrize('how', [AREA, CONTEXT], ids=['area', 'context'])
def test_form(how):
    sample = samples(**how)[5]
    t, size = how['frames'].templates, how['crop']
    assert sample['template'].shape == (t, 3, size.template_size, size.template_size)
    assert sample['search'].shape == (3, size.search_size, size.search_size)
    assert sample['template'].dtype == sample['search'].dtype == torch.uint8
    assert sample['box'].dtype == torch.float32
    assert sample['id'].startswith('5 fake')


def equal(a, b):
    return a['id'] == b['id'] and all(torch.equal(torch.as_tensor(a[k]), torch.as_tensor(b[k])) for k in a if k != 'id')


def test_the_same_whatever_the_order_and_workers():
    plain = [samples()[i] for i in range(8)]
    data = samples()
    assert all(equal(plain[i], data[i]) for i in reversed(range(8)))
    loaded = list(DataLoader(samples(), batch_size=None, num_workers=2, sampler=range(8)))
    assert all(equal(a, b) for a, b in zip(plain, loaded, strict=True))
    assert not equal(plain[0], samples(seed=4)[0])
    assert not equal(plain[0], samples()[64]), 'the next epoch has other samples'


def test_samples_in_a_row_come_from_the_same_sequences():
    ids = [samples(FakeSet(sequences=50), samples_per_sequence=4, **CONTEXT)[i]['id'].split() for i in range(32)]
    templates = [first.split(':') for _, first, _, _ in ids]
    for row in range(0, 32, 4):
        assert len({sequence for sequence, _ in templates[row:row + 4]}) == 1
    assert len({sequence for sequence, _ in templates}) > 4
    assert len({frame for _, frame in templates[:4]}) > 1, 'but not the same frames'


def test_processes_share_an_epoch():
    def numbers(rank, world, epoch=2, skip=0):
        sampler = EpochSampler(range(50), 4, rank=rank, world_size=world)
        sampler.begin(epoch, skip)
        return list(sampler)

    one = numbers(0, 1)
    assert one == list(range(100, 148)), 'batches are whole'
    a, b = numbers(0, 2), numbers(1, 2)
    assert sorted(a + b) == one
    assert len(a) == len(b)
    assert sorted(a[:4] + b[:4]) == one[:8], 'the first batches of both make the first eight samples'
    assert numbers(0, 2, skip=2) == a[8:]
    with pytest.raises(ValueError, match='does not fill one batch'):
        EpochSampler(range(50), 30, rank=0, world_size=2)


def test_the_box_is_where_the_target_is():
    """Paint the target; after every jitter and flip its pixels lie in the box."""
    class Painted(FakeSet):
        def __getitem__(self, index):
            sequence = super().__getitem__(index)
            plain = sequence.frames.read

            def read(i, reduce=1):
                image = plain(i) // 8  # dark noise
                x, y, w, h = sequence.boxes[i].astype(int)
                image[y:y + h, x:x + w] = 255
                return image[::reduce, ::reduce]
            sequence.frames.read = read
            return sequence

    for how in (AREA, CONTEXT | dict(frames=Pair())):
        data = samples(Painted(length=60), **how, augmentations=[Flip()])
        for i in range(12):
            sample = data[i]
            side = how['crop'].search_size
            rows, columns = np.nonzero((sample['search'].numpy() > 200).all(0))
            cx, cy, w, h = sample['box'].numpy() * side
            if len(rows) and min(cx - w / 2, cy - h / 2) > 1 and max(cx + w / 2, cy + h / 2) < side - 1:
                found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                assert found == pytest.approx([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], abs=2.1)


def test_centred_boxes_of_negatives():
    data = samples(FakeSet(length=60, hidden=range(20, 40)), frames=TridentPro(positive=0.0), augmentations=[],
                   jitter=AreaJitter(scale=0.0, centre=0.0))
    assert data[0]['positive'] is False
    assert data[0]['box'].numpy()[:2] == pytest.approx([63 / 128, 63 / 128], abs=0.01)


def test_context_jitter_keeps_the_box_inside():
    data = samples(**CONTEXT, augmentations=[])
    boxes = np.stack([data[i]['box'].numpy() for i in range(60)])
    assert (boxes[:, :2] - boxes[:, 2:] / 2).min() >= 0
    assert (boxes[:, :2] + boxes[:, 2:] / 2).max() <= 1
    assert boxes[:, :2].std() > 0.05


def test_context_jitter_filters_shapes():
    jitter = ContextJitter(aspect=10)
    assert jitter.accepts(np.array([0, 0, 90, 10.0]), (640, 480))
    for box in ([0, 0, 101, 10], [0, 0, 0, 10], [0, 0, np.nan, 10]):
        assert not jitter.accepts(np.array(box, float), (640, 480))
    tiny = np.array([0, 0, 2.0, 2.0])
    assert jitter.accepts(tiny, (640, 480)), 'the released area filter never rejects'
    assert not ContextJitter(area=(0.001, 0.6)).accepts(tiny, (640, 480)), 'the one that was meant does'


def test_area_jitter_has_the_released_spread():
    rng, box, jitter, crop = np.random.default_rng(0), np.array([300.0, 200, 40, 40]), AreaJitter(), AreaCrop()
    crops = [jitter.crops(rng, crop, [box], box, (640, 480))[1] for _ in range(3000)]
    centres = np.array([c.centre for c in crops]) - (320, 220)
    sides = np.array([c.side for c in crops]) / 5
    assert np.log(sides / 40).std() == pytest.approx(0.5 / 2 ** 0.5, abs=0.02), 'of the mean of two log sizes'
    relative = centres / sides[:, None]
    assert abs(relative).max() <= 2.26
    assert relative.std() == pytest.approx(4.5 / 12 ** 0.5, abs=0.05)


def test_crops_of_padding_alone_are_drawn_again():
    far = np.array([0.0, 0, 10, 10])
    jitter = AreaJitter(scale=0.0, centre=40.0)
    got = [jitter.crops(np.random.default_rng(i), AreaCrop(64, 160), [far], far, (640, 480)) for i in range(200)]
    assert any(crop is None for crop in got)
    assert any(crop is not None for crop in got)


def test_jitter_and_crop_of_different_kinds_are_refused():
    with pytest.raises(ValueError, match=r"AreaJitter jitters .* 'area', the model crops by ContextCrop"):
        samples(crop=ContextCrop())


def test_augmentations():
    rng = np.random.default_rng(0)
    crop, box = np.random.RandomState(0).randint(0, 255, (8, 8, 3)).astype(np.uint8), np.array([0.25, 0.5, 0.1, 0.2])
    (flipped, same), (b, _) = augment(rng, [Flip(1.0)], [crop, crop], [box, box])
    assert (flipped == crop[:, ::-1]).all()
    assert b[0] == 0.75
    (grey, _), _ = augment(rng, [Grey(1.0)], [crop, crop], [box, box])
    assert (grey[..., 0] == grey[..., 2]).all()
    joint = [augment(np.random.default_rng(i), [Flip(0.5, joint=True)], [crop, crop], [box, box])[1]
             for i in range(20)]
    assert all(a[0] == b[0] for a, b in joint), 'one roll for all'
    alone = [augment(np.random.default_rng(i), [Flip(0.5)], [crop, crop], [box, box])[1] for i in range(20)]
    assert any(a[0] != b[0] for a, b in alone)
    (bright,), _ = augment(rng, [Brightness(0.2)], [crop], [box])
    assert abs(bright.astype(float).mean() / crop.mean() - 1) < 0.25
    assert (same == crop[:, ::-1]).all()


def test_bad_frames_are_named_once_and_replaced(capfd):
    data = samples(FakeSet('good', length=60), FakeSet('torn', length=60, bad=range(0, 60, 30)))
    first = [data[i] for i in range(40)]
    again = samples(FakeSet('good', length=60), FakeSet('torn', length=60, bad=range(0, 60, 30)))
    assert all(equal(a, again[i]) for i, a in enumerate(first)), 'the replacement is always the same'
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith('left out')]
    assert said
    assert len(set(said)) * 2 == len(said), 'each of the two samplers said each file once'


def test_too_many_bad_frames_stop_the_run():
    data = samples(FakeSet(length=60, bad=range(60)))
    with pytest.raises(RunError, match=r'more than the 10% allowed .*; the last: fake\d/\d+ is no readable image'):
        data[0]


def test_nothing_that_serves_is_said():
    with pytest.raises(RunError, match='no sample in 200 draws from fake/train serves Causal'):
        samples(FakeSet(length=5))[0]
