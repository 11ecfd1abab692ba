"""A thousand random bad calls: documented errors only, and the tracker's state is as before."""

import copy
import random
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

import vtzoo
from vtzoo.config import tracking_settings
from vtzoo.inference.online import OnlineTracker

CALLS = 1000
FRAME = np.random.RandomState(0).randint(0, 255, (90, 120, 3)).astype(np.uint8)


def numbers(rng):
    """A number, most often a strange one."""
    return rng.choice([0, 1, -1, 0.5, 1e-30, 1e30, -1e18, 10 ** 400, float('nan'), float('inf'), -float('inf'), True,
                       None, '7', 3 + 4j, 5e-324, 2 ** 63, 1e6, -1e6, 119, 90, 40.5, np.float16(3), np.int8(-3), [],
                       {}, b'1', np.datetime64('2020-01-01'), rng.uniform(-1e4, 1e4), rng.uniform(0, 100)])


def boxes(rng):
    box = [numbers(rng) for _ in range(rng.choice([0, 1, 3, 4, 4, 4, 4, 4, 4, 4, 5, 8]))]
    return rng.choice([lambda: box, lambda: tuple(box), lambda: np.array(box, object), lambda: {*map(str, box)},
                       lambda: None, lambda: 'x,y,w,h', lambda: 7, lambda: iter(box), lambda: len,
                       lambda: np.zeros((4, 0)), lambda: np.full((2, 2), 20.0),
                       lambda: torch.rand(4, requires_grad=True),
                       lambda: np.ma.masked_array([1, 2, 3, 4], [0, 1, 0, 0]), lambda: dict(enumerate(box)),
                       lambda: memoryview(b'1234'), lambda: [[[[1]]]] * 4])()


def images(rng):
    h, w = rng.choice([0, 1, 2, 60, 90, 120]), rng.choice([0, 1, 3, 90, 120])
    return rng.choice([
        lambda: FRAME, lambda: FRAME[::-1], lambda: FRAME[:, ::-1, ::-1], lambda: FRAME.astype(rng.choice(
            [np.float32, np.int64, bool, np.uint16, complex, object, 'U3'])), lambda: np.zeros((h, w, 3), np.uint8),
        lambda: np.zeros((h, w), np.uint8), lambda: np.zeros((h, w, rng.choice([0, 1, 2, 4, 5])), np.uint8),
        lambda: np.zeros((h,), np.uint8), lambda: np.uint8(3), lambda: FRAME.tolist(), lambda: torch.from_numpy(FRAME),
        lambda: np.broadcast_to(np.uint8(9), (90, 120, 3)), lambda: np.asfortranarray(FRAME), lambda: None,
        lambda: np.ma.masked_array(FRAME, FRAME > 9), lambda: np.broadcast_to(np.uint8(9), (1, 70000, 3)),
        lambda: Image.fromarray(FRAME).convert(rng.choice(['RGB', 'L', 'RGBA', 'P', '1', 'F', 'CMYK'])),
        lambda: Image.new('RGB', (0, 0)), lambda: memoryview(FRAME), lambda: 'frame.jpg', lambda: FRAME[None],
        lambda: FRAME.transpose(1, 0, 2), lambda: np.zeros((90, 120, 3), [('r', np.uint8)])])()


def state(tracker):
    """What the next frame depends on, by identity and value."""
    return (tracker.frame, tracker.size, tracker.lost_frames, tracker.box.tolist(), id(tracker.memory), tracker.fill,
            {name: id(value) for name, value in vars(tracker.update).items()})


@pytest.mark.slow
@pytest.mark.parametrize('config', ['mixformer_tiny_spm', 'sparsett_tiny'])
def test_bad_calls_leave_the_state(tiny, config):
    cfg, rng = tiny(config), random.Random(12)
    torch.manual_seed(0)
    tracker = OnlineTracker(vtzoo.build_model(cfg), **tracking_settings(cfg))
    tracker.init(FRAME, (30, 30, 30, 20))
    refused = 0
    for number in range(CALLS):
        image, box = images(rng), boxes(rng)
        before, kept, error = state(tracker), copy.copy(tracker), None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                if number % 2:
                    tracker.init(image, box)
                else:
                    result = tracker.track(image)
                    assert np.isfinite([*result.box, result.score]).all()
        except ValueError as refusal:
            error, refused = str(refusal), refused + 1
        if error is None:
            tracker = kept  # a call that was good after all: go back
            continue
        assert '\n' not in error
        assert len(error) < 300
        assert state(tracker) == before, f'call {number} changed the state: {error}'
    assert refused > CALLS / 2
    assert np.isfinite(tracker.track(FRAME).box).all()
