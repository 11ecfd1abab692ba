"""Many targets in one batch give what one tracker each gives."""

import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.config import tracking_settings
from vtzoo.inference.multi import MultiTracker
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.recovery import Recovery

FRAMES = np.random.RandomState(0).randint(0, 255, (5, 90, 120, 3)).astype(np.uint8)
BOXES = {'dog': (0, (40, 30, 40, 30)), 'cat': (1, (10, 10, 20, 30)), 'bird': (2, (60, 40, 30, 20))}
"""Name -> the frame from which it is followed, and its box there."""


def trackers(tiny):
    """The best score chooses templates where scores differ: untrained, MixFormer's boxes have no size to be scored."""
    highest = dict(type='HighestScore', interval=2, online=3, threshold=0.0)
    for name, options in (('mixformer_tiny', {}), ('sparsett_tiny', {}), ('sparsett_tiny', dict(templates=highest)),
                          ('mixformer_tiny_spm', dict(templates=dict(type='EveryInterval', interval=2)))):
        torch.manual_seed(0)
        cfg = tiny(name)
        yield OnlineTracker(vtzoo.build_model(cfg), **tracking_settings(cfg) | options)


@pytest.mark.parametrize('recovery', [None, Recovery()])
def test_a_batch_equals_one_tracker_each(tiny, recovery):
    """Also where targets come at different frames and so hold different numbers of templates."""
    for tracker in list(trackers(tiny))[:1 if recovery else None]:
        tracker.recovery = recovery
        alone = {}
        for name, (first, box) in BOXES.items():
            tracker.init(FRAMES[first], box)
            alone[name] = [tracker.track(frame) for frame in FRAMES[first + 1:]]
        targets, together = MultiTracker(tracker), {name: [] for name in BOXES}
        for i, frame in enumerate(FRAMES):
            for name, result in (targets.track(frame) if len(targets) else {}).items():
                together[name].append(result)
            for name, (first, box) in BOXES.items():
                if first == i:
                    targets.add(frame, box, name)
        for name, results in alone.items():
            np.testing.assert_allclose([one.box for one in together[name]], [one.box for one in results], 1e-5, 1e-5)
            np.testing.assert_allclose([one.score for one in together[name]], [one.score for one in results], 1e-5)
            assert [one.lost for one in together[name]] == [one.lost for one in results]


def test_targets_come_and_go(tiny):
    tracker = next(trackers(tiny))
    targets = MultiTracker(tracker)
    with pytest.raises(RuntimeError, match='call add'):
        targets.track(FRAMES[0])
    targets.add(FRAMES[0], (40, 30, 40, 30), 'dog')
    targets.add(FRAMES[0], (10, 10, 20, 30), 'cat')
    for image, box, name, message in ((FRAMES[0], (1, 1, 9, 9), 'dog', "target 'dog' already"),
                                      (FRAMES[0][:60], (1, 1, 9, 9), 'cow', 'the first was 120x90'),
                                      (FRAMES[0], (1, 1, 0, 9), 'cow', 'has no size')):
        with pytest.raises(ValueError, match=message):
            targets.add(image, box, name)
    with pytest.raises(ValueError, match='the first was 120x90'):
        targets.track(FRAMES[1][:60])
    with pytest.raises(ValueError, match="no target 'cow'; there are: 'dog', 'cat'"):
        targets.remove('cow')
    assert list(targets.track(FRAMES[1])) == ['dog', 'cat']
    targets.remove('dog')
    assert list(targets.track(FRAMES[2])) == ['cat']
    targets.remove('cat')
    assert tracker.box is None, 'the tracker itself is not used'
    targets.add(FRAMES[0][:60], (10, 10, 20, 30), 'cat')
    targets.track(FRAMES[1][:60])
