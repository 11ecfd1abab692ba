import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from vtzoo.data.crops import AreaCrop, ContextCrop
from vtzoo.registry import DATASETS, build
from vtzoo.synthetic import Synthetic
from vtzoo.synthetic.layers import Stack
from vtzoo.synthetic.random_streams import SPLITS, stream
from vtzoo.synthetic.scene import scene
from vtzoo.synthetic.textures import field

FILL = (9, 99, 200)
PRINT = '''
import sys, zlib
from vtzoo.data.crops import AreaCrop
from vtzoo.synthetic import Synthetic
data = Synthetic('train')
for index, frame in eval(sys.argv[1]):
    sequence = data[index]
    crop = AreaCrop(64, 128).template(sequence.boxes[0])
    parts = sequence.boxes, sequence.frames[frame], sequence.frames.cut(frame, crop)
    print(index, frame, *(zlib.crc32(part.tobytes()) for part in parts))
'''


@pytest.fixture(scope='module')
def data():
    return Synthetic('train')


@pytest.fixture(scope='module')
def some(data):
    """Sequences and one of their frames each in which the target is seen."""
    rng = np.random.default_rng(0)
    return [(data[i], int(rng.choice(np.flatnonzero(data[i].visible)))) for i in range(40)]


def test_the_registry_builds_it_in_place_of_any_set():
    data = build(DATASETS, dict(type='Synthetic', split='test', root='nowhere', sequences=3))
    assert (len(data), data.name, data.split, data.protocol, data.is_video) == (3, 'synthetic', 'test', 'got10k', True)
    assert len(Synthetic('train')) == 1_000_000
    assert len({sequence.name for sequence in data}) == 3


def test_another_process_in_another_order_draws_the_same():
    wanted = [(3, 7), (11, 0), (3, 90)]
    runs = [subprocess.run([sys.executable, '-c', PRINT, repr(order)], capture_output=True, text=True, check=True)
            for order in (wanted, wanted[::-1])]
    first, second = (run.stdout.split('\n')[:3] for run in runs)
    assert len(first) == 3
    assert sorted(first) == sorted(second)


def test_a_frame_does_not_depend_on_what_was_drawn_before(data):
    alone = data[5].frames[50]
    scene.cache_clear()
    frames = data[5].frames
    frames.read(3, 4)
    frames.cut(80, ContextCrop(31, 71).search(data[5].boxes[0]), FILL)
    np.testing.assert_array_equal(frames[50], alone)


def test_keys_of_streams_are_told_apart():
    keys = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
    keys += [(0,), (0, 0), (0, 0, 0, 0), (1 << 61, 1)]
    assert len({stream(*key).random() for key in keys}) == len(keys)


def test_splits_share_neither_scenes_nor_textures():
    drawn = [Synthetic(split, length=60, seed=seed)[4].boxes for split in SPLITS for seed in (0, 1)]
    for i, boxes in enumerate(drawn):
        for other in drawn[:i]:
            assert np.abs(np.nan_to_num(boxes - other)).max() > 1
    fields = [field(bank, 2)[0].astype(float) for bank in SPLITS.values()]
    assert all(np.abs(fields[i] - fields[j]).mean() > 5 for i, j in ((0, 1), (0, 2), (1, 2)))


def test_lengths_and_sizes_are_as_promised():
    assert len(Synthetic('train')[0]) == 100
    assert len({len(Synthetic('val')[i]) for i in range(8)}) > 4
    assert all(60 <= len(Synthetic('test')[i]) <= 120 for i in range(8))
    sequence = Synthetic('val', length=5, size=(200, 150))[-1]
    assert (len(sequence), len(sequence.frames), sequence.frames[4].shape) == (5, 5, (150, 200, 3))
    assert sequence.frames[-1].dtype == np.uint8
    assert sequence.frames.where(4) == 'synthetic-val-000049, frame 4'


@pytest.mark.parametrize(('wrong', 'message'), [
    (dict(split='trian'), "no split 'trian'; it has: train, val, test"), (dict(length=1), 'length from 2, not 1'),
    (dict(sequences=0), 'sequences from 1, not 0'), (dict(size=(320, 8)), 'size from 32, not 8')])
def test_what_cannot_be_drawn_is_said(wrong, message):
    with pytest.raises(ValueError, match=message):
        Synthetic(**wrong)


def test_past_the_end_is_an_error(data):
    with pytest.raises(IndexError):
        data[1_000_000]
    with pytest.raises(IndexError):
        data[0].frames[100]


def drawn_target(sequence, frame):
    """How much of the target each pixel shows, without and with what hides it, in a picture of 3 x 3 frames around
    the frame; None where the target has parts that are not drawn."""
    stack, (width, height) = sequence.frames.scene.stack, sequence.frames.size(frame)
    if any(layer.target and layer.look is None for layer in stack.layers):
        return None
    whole, seen = (np.zeros((3 * height, 3 * width)) for _ in range(2))
    for layer in stack.layers:
        window = np.zeros((3 * height, 3 * width, 4), np.uint8)
        if layer.hides:
            Stack([layer], 0.0).draw(window, -width, -height, 1, frame)
        opaque = window[..., 3] / 255
        if layer.target:
            whole, seen = np.maximum(whole, opaque), np.maximum(seen, opaque)
        else:
            seen = seen * (1 - opaque)
    return whole, seen[height:2 * height, width:2 * width]


def test_boxes_and_cover_agree_with_what_is_drawn(some):
    sides, shares = [], []
    for sequence, frame in some:
        drawn = drawn_target(sequence, frame)
        if drawn is None:
            continue
        (whole, seen), (width, height) = drawn, sequence.frames.size(frame)
        rows, columns = (whole > 0.2).nonzero()
        ends = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) - [width, height] * 2
        x, y, w, h = sequence.boxes[frame]
        sides.append(np.abs(ends.clip(0, [width, height] * 2) - [x, y, x + w, y + h]).max())
        shares.append(seen.sum() / whole.sum() - sequence.frames.scene.truth.share[frame])
    assert len(sides) > 20
    assert np.median(sides) < 1.5
    assert max(sides) < 4  # pixels: tips and bends
    assert np.abs(shares).max() < 0.2
    assert np.mean(np.abs(shares)) < 0.02


def test_labels_are_consistent(data):
    covers = set()
    for sequence in map(data.__getitem__, range(200, 320)):
        boxes, cover = sequence.boxes, sequence.attributes['cover']
        covers |= set(cover.tolist())
        assert boxes.shape == (len(sequence), 4)
        assert boxes.dtype == np.float64
        np.testing.assert_array_equal(sequence.visible, cover > 0)
        assert not np.isnan(boxes[sequence.visible]).any()
        inside = boxes[~np.isnan(boxes[:, 0])]
        assert (inside[:, :2] >= 0).all()
        assert (inside[:, :2] + inside[:, 2:] <= (320.001, 240.001)).all()
        assert (inside[:, 2:] >= 2).all()
        assert sequence.visible[0]
        assert cover[0] >= 6
    assert covers == set(range(9))


@pytest.mark.parametrize('crops', [AreaCrop(64, 128, 2, 4), ContextCrop(127, 289), ContextCrop(31, 80)])
@pytest.mark.parametrize('training', [True, False])
def test_a_direct_crop_is_the_crop_of_the_frame(crops, training, some):
    rng, smooth = np.random.default_rng(1), []
    for sequence, frame in some:
        box = sequence.boxes[frame] + np.append(rng.uniform(-1, 1, 2) * sequence.boxes[frame, 2:], (0, 0))
        whole = sequence.frames[frame]
        for crop in (crops.template(box, training), crops.search(box, training)):
            difference = np.abs(crop.cut(whole, FILL) - sequence.frames.cut(frame, crop, FILL).astype(float))
            if crop.grid()[2] < 2:
                assert difference.mean() < 0.1
                assert (difference > 1).mean() < 0.01
            else:  # drawn at the crop's own resolution
                smooth.append(difference.mean())
                assert np.median(difference) < 12
    assert np.mean(smooth) < 4


def test_a_crop_beside_the_frame_is_filled(data):
    crop = AreaCrop(32, 64).search((5000, -300, 20, 20))
    assert (data[0].frames.cut(0, crop, FILL) == FILL).all()


def test_however_far_a_crop_is_seen_from_it_is_drawn(data):
    for index in range(60):
        sequence = data[index]
        assert sequence.frames.read(5, 8).shape == (30, 40, 3)
        for factor in (20, 300, 5000):
            box = sequence.boxes[0]
            crop = AreaCrop(32, 64, search_factor=factor).search(box)
            middle = sequence.frames.cut(0, crop, FILL)[32, 32]
            assert crop.scale < 640 / factor / np.sqrt(box[2] * box[3])
            assert middle.shape == (3,)


def test_reduced_frames_look_like_the_frame(some):
    differences = []
    for sequence, frame in some[:12]:
        whole, half = sequence.frames[frame], sequence.frames.read(frame, 2)
        assert half.shape == (120, 160, 3)
        mean = cv2.resize(whole, (160, 120), interpolation=cv2.INTER_AREA)
        differences.append(np.abs(mean - half.astype(float)).mean())
        small = sequence.frames.read(frame, 8)
        assert small.shape == (30, 40, 3)
        np.testing.assert_allclose(ContextCrop().fill(small), ContextCrop().fill(whole), atol=4)  # enough for a fill
    assert max(differences) < 8  # noise is drawn anew
    assert np.median(differences) < 3


def test_targets_of_two_sequences_differ_more_than_a_target_from_itself(data):
    def target(index, frame):
        sequence = data[index]
        return sequence.frames.cut(frame, AreaCrop(32, 64).template(sequence.boxes[frame])).astype(float)

    first, later = ([target(index, frame) for index in range(400, 424)] for frame in (0, 2))
    same = [np.abs(a - b).mean() for a, b in zip(first, later, strict=True)]
    other = [np.abs(a - b).mean() for a, b in zip(first, later[1:], strict=False)]
    assert np.median(other) > 2 * np.median(same)
    assert min(other) > 5


def test_sequences_are_as_varied_as_videos(data):
    sequences = [data[i] for i in range(1000, 1200)]
    boxes = np.concatenate([sequence.boxes for sequence in sequences])
    size = np.sqrt(boxes[:, 2] * boxes[:, 3])
    aspect = boxes[:, 2] / boxes[:, 3]
    pace = np.array([np.nanmedian(np.linalg.norm(np.diff(s.boxes[:, :2] + s.boxes[:, 2:] / 2, axis=0), axis=1)
                                  / np.sqrt(s.boxes[1:, 2] * s.boxes[1:, 3])) for s in sequences])
    scenes = [sequence.frames.scene for sequence in sequences]
    assert np.nanquantile(size, 0.05) < 0.1 * 277 < 0.4 * 277 < np.nanquantile(size, 0.95)  # of the frame's root area
    assert np.nanquantile(aspect, 0.05) < 0.5 < 2 < np.nanquantile(aspect, 0.95)
    assert 0.01 < np.median(pace) < 0.06
    assert 0.05 < (pace > 0.1).mean() < 0.4
    assert 0.05 < np.mean([not sequence.visible.all() for sequence in sequences]) < 0.3
    assert np.mean([(sequence.attributes['cover'] < 6).any() for sequence in sequences]) > 0.2
    assert np.mean([np.ptp(scene.ground.maps, axis=0).max() < 1e-3 for scene in scenes]) < 0.6  # a still camera
    layers = [layer for scene in scenes for layer in scene.stack.layers]
    assert any(layer.target and layer.look is None for layer in layers)  # a place, not a thing
    assert any(layer.shadow > 0 for layer in layers)
    for has in ('wave', 'roll', 'tint'):
        assert any(getattr(layer, has) is not None for layer in layers), has
    for what in ('defocus', 'grey', 'noise', 'quality'):
        assert 0.02 < np.mean([getattr(scene.effects, what) > 0 for scene in scenes]) < 0.7, what
    assert np.mean([scene.shade is not None for scene in scenes]) > 0.1


def test_motion_blurs_along_the_motion():
    sequence = next(s for s in map(Synthetic('train').__getitem__, range(500)) if s.frames.scene.stack.shutter > 0.5
                    and np.abs(s.frames.scene.stack.motion).max() > 12)
    stack = sequence.frames.scene.stack
    layer, frame = np.unravel_index(np.abs(stack.motion).max(-1).argmax(), stack.motion.shape[:2])
    pictures = []
    for shutter in (0.0, stack.shutter):
        window = np.zeros((960, 1280, 4), np.uint8)
        Stack([stack.layers[layer]], shutter).draw(window, -480, -360, 1, int(frame))
        pictures.append(window[..., 3].astype(float))
    sharp, blurred = pictures
    assert abs(sharp.sum() - blurred.sum()) < 0.05 * sharp.sum() + 500  # nothing is lost, it is spread
    assert (blurred > 0).sum() > 1.1 * (sharp > 0).sum()


def test_speed_is_printed(data, capsys):
    crops, start = AreaCrop(64, 128, 2, 4), time.perf_counter()
    for index in range(40):
        sequence = data[index]
        for crop in (crops.template(sequence.boxes[0]), crops.search(sequence.boxes[0])):
            assert sequence.frames.cut(0, crop).shape == (crop.size, crop.size, 3)
    with capsys.disabled():
        print(f'\n{40 / (time.perf_counter() - start):.0f} new sequences with template 64 and search 128 a second')


def test_easy_sequences_come_by_share():
    plain, half, easy = (Synthetic('train', easy_fraction=share, sequences=60) for share in (0.0, 0.5, 1.0))
    effects = [[one.frames.scene.effects for one in data] for data in (plain, half, easy)]

    def untouched(these):
        return sum(not (e.noise or e.quality or e.grey or e.defocus) and (e.gain == 1).all() for e in these)

    assert untouched(effects[2]) == 60
    assert untouched(effects[0]) < untouched(effects[1]) < 60
    same = sum(np.array_equal(a.boxes, b.boxes) for a, b in zip(plain, half, strict=True))
    assert 15 < same < 45  # the others are what they are without easy ones
    hidden = [np.mean([np.nanmean(one.attributes['cover'][:60] < 6) for one in data]) for data in (plain, easy)]
    assert hidden[1] < hidden[0]
    with pytest.raises(ValueError, match='easy_fraction from 0 to 1'):
        Synthetic('train', easy_fraction=2)
