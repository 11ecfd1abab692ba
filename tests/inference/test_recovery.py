"""Lost and found: a lost target is waited for, looked for wider, and taken back by a good score only."""

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.recovery import Recovery, recovery_of

FRAMES = np.random.RandomState(3).randint(0, 255, (3, 90, 120, 3)).astype(np.uint8)
BOX = (40, 30, 40, 30)


@pytest.fixture
def tracker(tiny):
    """Its scores are set by the tests, its templates change with every frame."""
    torch.manual_seed(0)
    tracker = OnlineTracker(vtzoo.build_model(tiny('mixformer_tiny')), templates=dict(type='EveryInterval', interval=1),
                            lost_threshold=0.3, recovery=Recovery(growth=1.5, most=2.0, found=0.6))
    tracker.scores = iter(())
    tracker._score = lambda prediction, box: next(tracker.scores)
    return tracker


def run(tracker, scores):
    """-> results, and before each frame the search region's width and the centre of the box kept."""
    tracker.scores, results, before = iter(scores), [], []
    for _ in scores:
        before.append((tracker.search_region[2], *np.round(tracker.box[:2] + tracker.box[2:] / 2, 6)))
        results.append(tracker.track(FRAMES[1]))
    return results, before


def test_a_lost_target_is_waited_for(tracker):
    tracker.init(FRAMES[0], BOX)
    memory = tracker.memory
    results, before = run(tracker, [0.2, 0.5, 0.2, 0.9, 0.5])
    assert [result.lost for result in results] == [True, True, True, False, False], '0.5 is too little to return'
    widths = np.array([width for width, *_ in before[:4]])
    np.testing.assert_allclose(widths / widths[0], [1, 1.5, 2, 2], atol=0.02)
    assert len({centre for _, *centre in map(tuple, before[:4]) for centre in [tuple(centre)]}) == 1
    assert tracker.memory is not memory, 'found again, its templates change again'
    assert tracker.lost_frames == 0


def test_templates_stay_while_it_is_lost(tracker):
    tracker.init(FRAMES[0], BOX)
    memory = tracker.memory
    run(tracker, [0.1] * 5)
    assert tracker.memory is memory
    assert tracker.box.tolist() == list(map(float, BOX))


def test_off_in_benchmarks(tiny):
    model = vtzoo.build_model(tiny('mixformer_tiny'))
    plain = OnlineTracker(model, lost_threshold=1.1)
    plain.init(FRAMES[0], BOX)
    first = plain.track(FRAMES[1])
    assert first.lost
    assert tuple(plain.box) == first.box, 'followed all the same'
    assert plain.search_region[2] == plain.crop.search(plain.box).side


def test_growth_ends():
    assert Recovery(growth=1.1, most=3).wider(10 ** 6) == 3
    assert Recovery(growth=1).wider(50) == 1
    assert Recovery(found=None).threshold(0.3, 2) == pytest.approx(0.4)
    for wrong in (dict(growth=0.9), dict(most=0.5), dict(found=2), dict(most=100)):
        with pytest.raises(ValueError, match=f'{next(iter(wrong))}='):
            Recovery(**wrong)


def test_a_config_writes_a_recovery_as_a_dict():
    assert recovery_of(dict(growth=1.2)) == Recovery(growth=1.2)
    assert recovery_of(None) is None
    assert vtzoo.load_tracker('nano/lite_nano').recovery == Recovery(growth=1.1)
    with pytest.raises(ValueError, match='growth, most, found, not speed'):
        recovery_of(dict(speed=2))
