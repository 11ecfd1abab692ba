"""Other people's interfaces give the boxes of ours."""

import sys

import numpy as np
import pytest
from PIL import Image

import vtzoo
from tests.inference.conftest import BOX
from vtzoo.inference.adaptors import detections


@pytest.fixture
def expected(online, images):
    tracker = online()
    tracker.init(images[0], BOX)
    return [tracker.track(image) for image in images[1:]]


def test_opencv(online, images, expected):
    tracker = online().as_opencv()
    tracker.init(images[0][..., ::-1], tuple(map(int, BOX)))
    for image, result in zip(images[1:], expected, strict=True):
        found, box = tracker.update(image[..., ::-1])
        assert found is not result.lost
        assert box == tuple(round(value) for value in result.box)
    with pytest.raises(ValueError, match='not a list'):
        tracker.update([1])


def test_got10k(online, images, expected, tmp_path):
    pytest.importorskip('got10k')
    tracker = online().as_got10k('tiny')
    files = []
    for i, image in enumerate(images):
        files.append(str(tmp_path / f'{i}.png'))
        Image.fromarray(image).save(files[-1])
    boxes, times = tracker.track(files, np.array(BOX))
    np.testing.assert_allclose(boxes[1:], [result.box for result in expected])
    assert (tracker.name, len(times)) == ('tiny', len(images))


def test_supervision(online, images):
    pytest.importorskip('supervision')
    targets = vtzoo.MultiTracker(online())
    targets.add(images[0], BOX, 'dog')
    targets.add(images[0], (1, 2, 20, 20), 'cat')
    results = targets.track(images[1])
    found = detections(results)
    x, y, w, h = results['dog'].box
    np.testing.assert_allclose(found.xyxy[0], [x, y, x + w, y + h], rtol=1e-6)
    assert found.tracker_id.tolist() == [1, 2]
    assert found.data['class_name'].tolist() == ['dog', 'cat']
    assert found.data['lost'].tolist() == [result.lost for result in results.values()]
    np.testing.assert_allclose(found.confidence, [result.score for result in results.values()], rtol=1e-6)
    assert len(detections([])) == 0
    assert len(detections(list(vtzoo.track(images[:1], BOX, online())))) == 1


def test_what_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, 'supervision', None)
    with pytest.raises(ImportError, match='pip install supervision'):
        detections({})
