"""Bad input gets a clear error and leaves the tracker usable; results say what they mean."""

import math
import tracemalloc
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

import vtzoo
from vtzoo.data.crops import AreaCrop
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.ranking import Best
from vtzoo.models.tracker import Prediction

IMAGE = np.random.RandomState(0).randint(0, 255, (120, 160, 3)).astype(np.uint8)
BOX = (40, 30, 40, 30)


@pytest.fixture
def tracker(tiny):
    return OnlineTracker(vtzoo.build_model(tiny('mixformer_tiny')))


BAD_BOXES = {
    'four numbers': (1, 2, 3),
    'not finite': (1, 2, float('nan'), 4),
    'has no size': (10, 10, 0, 5),
    'no size': (10, 10, 5, -1),
    'outside the image of 160x120': (200, 10, 20, 20),
    'lies outside': (-30, 10, 20, 20),
    "not 'box'": 'box',
    'not a dict': dict(x=1, y=2, w=3, h=4),
    'not a ndarray of something else': np.array([10, 10, 20 + 1j, 20]),
    'not a tuple of something else': (10, 10, 10 ** 400, 20),
    'not a list of something else': ['10', '10', '20', '20'],
    'larger than any image': (-1e18, -1e18, 2e18, 2e18),
    'thinner than 0.001': (10, 10, 1e-30, 1e-30),
    'not 8': (10, 10, 30, 10, 30, 30, 10, 30),
}


@pytest.mark.parametrize('message', BAD_BOXES)
def test_bad_boxes(tracker, message):
    tracker.init(IMAGE, BOX)
    with pytest.raises(ValueError, match=message):
        tracker.init(IMAGE, BAD_BOXES[message])
    assert np.isfinite(tracker.track(IMAGE).box).all(), 'the video under way goes on'


BAD_IMAGES = {
    'not a list': IMAGE.tolist(),
    'not float32': IMAGE.astype(np.float32),
    r'image\[..., :3\]': np.dstack([IMAGE, IMAGE[..., :1]]),
    r'\(H, W, 3\), not': IMAGE[None],
    'not \\(0, 160, 3\\)': IMAGE[:0],
    'not \\(120, 160, 2\\)': IMAGE[..., :2],
    'not a str': 'image.jpg',
    'not a NoneType': None,
    '32766 a side': np.broadcast_to(IMAGE[:1, :1], (1, 40000, 3)),
    "convert\\('RGB'\\)": Image.fromarray(IMAGE).convert('CMYK'),
}


@pytest.mark.parametrize('message', BAD_IMAGES)
def test_bad_images(tracker, message):
    tracker.init(IMAGE, BOX)
    for call in (lambda image: tracker.init(image, BOX), tracker.track):
        with pytest.raises(ValueError, match=message):
            call(BAD_IMAGES[message])
    assert tracker.frame == 0
    tracker.track(IMAGE)
    assert tracker.frame == 1


def test_a_changed_frame_size(tracker):
    tracker.init(IMAGE, BOX)
    with pytest.raises(ValueError, match='the first was 160x120'):
        tracker.track(IMAGE[:100])
    tracker.init(IMAGE[:100], BOX)
    tracker.track(IMAGE[:100])


def test_track_before_init(tracker):
    with pytest.raises(RuntimeError, match=r'call init\(image, box\)'):
        tracker.track(IMAGE)


@pytest.mark.parametrize('box', [(-10, -10, 40, 40), (-5000, -5000, 12000, 12000), (-4e5, -4e5, 1e6, 1e6),
                                 (159, 119, 0.5, 0.5), torch.tensor([40, 30, 40, 30]), np.array([[40, 30, 40, 30]])])
@pytest.mark.parametrize('config', ['mixformer_tiny', 'sparsett_tiny'])
def test_odd_boxes_are_tracked_in_little_memory(tiny, config, box):
    model = vtzoo.build_model(tiny(config))
    tracker = OnlineTracker(model)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        tracker.init(IMAGE, box)
    assert np.isfinite(tracker.track(IMAGE).box).all()


def test_a_square_too_large_to_be_pasted_shows_the_same():
    box = (-3000, -2000, 3600, 2600)
    crop = AreaCrop(32, 64, search_factor=2.0).search(box)
    pasted = crop.cut(IMAGE, (0, 0, 0)).astype(int)
    warped = crop.cut_reduced(IMAGE, (0, 0, 0), 1).astype(int)
    assert np.abs(pasted - warped).mean() < 12, 'one is sampled at steps of 1/32 pixel'
    tracemalloc.start()
    AreaCrop().search((-5e5, -5e5, 1e6, 1e6)).cut(IMAGE, (0, 0, 0))
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_shares_of_the_image_are_remarked(tracker):
    with pytest.warns(UserWarning, match='looks like shares of the image'):
        tracker.init(IMAGE, (0.19, 0.13, 0.13, 0.24))


def test_grey_and_pil_images_are_converted(tracker):
    grey = IMAGE[..., 0]
    results = []
    for images in ([np.dstack([grey] * 3)] * 2, [grey] * 2, [grey[..., None]] * 2, [Image.fromarray(grey)] * 2):
        tracker.init(images[0], BOX)
        results.append(tracker.track(images[1]))
    assert results[1:] == results[:-1]
    tracker.init(Image.fromarray(IMAGE), BOX)
    assert tracker.track(IMAGE) == (tracker.init(IMAGE, BOX), tracker.track(Image.fromarray(IMAGE)))[1]


@pytest.mark.parametrize('config', ['mixformer_tiny', 'mixformer_tiny_spm', 'sparsett_tiny'])
def test_weights_that_are_not_finite_lose_the_target(tiny, config):
    model = vtzoo.build_model(tiny(config))
    tracker = OnlineTracker(model)
    with torch.no_grad():
        for value in model.parameters():
            value.fill_(float('nan'))
    tracker.init(IMAGE, BOX)
    for _ in range(3):
        result = tracker.track(IMAGE)
        assert (result.box, result.score, result.lost) == (BOX, 0.0, True)


BAD_CROPS = {
    "no 'template' to change": dict(template=5),
    "no '_around'": dict(_around=5),
    "no 'zoom' to change for tracking; it has: template_size": dict(zoom=2),
    'search_size is a whole number of pixels': dict(search_size=2.5),
    'template_size is a whole number': dict(template_size=True),
    'search_factor is a positive number': dict(search_factor=-1),
    "not 'wide'": dict(search_factor='wide'),
    'not nan': dict(search_factor=float('nan')),
    'True or False': dict(extra_padding=3),
}


@pytest.mark.parametrize('message', BAD_CROPS)
def test_crop_settings_are_arguments(tiny, message):
    model = vtzoo.build_model(tiny('mixformer_tiny'))
    with pytest.raises(ValueError, match=message):
        OnlineTracker(model, crop=BAD_CROPS[message])
    tracker = OnlineTracker(model, crop=dict(search_factor=4.5))
    assert (tracker.crop.search_factor, model.crop.search_factor) == (4.5, 5.0)
    tracker.init(IMAGE, BOX)
    assert tracker.search_region[2] == math.ceil(math.sqrt(40 * 30) * 4.5)


@pytest.mark.parametrize('head', vtzoo.list_components('head'))
def test_every_head_scores_and_says_what_it_means(tiny, head):
    small = dict(CornerHead=dict(channels=8), DoubleHead=dict(width=16, convs=1))
    model = vtzoo.build_model(tiny('mixformer_tiny', {'model.head': dict(type=head, **small.get(head, {}))}))
    tracker = OnlineTracker(model)
    assert tracker.score_description
    tracker.init(IMAGE, BOX)
    result = tracker.track(IMAGE)
    assert 0 <= result.score <= 1
    assert result.lost == (result.score < tracker.lost_threshold)
    assert OnlineTracker(model, lost_threshold=1.1).lost_threshold == 1.1


def test_no_checkpoint_is_said(tiny):
    with pytest.warns(UserWarning, match='random weights'):
        vtzoo.load_tracker(tiny('mixformer_tiny'))


def test_the_same_video_twice_gives_the_same_boxes(tiny):
    tracker = OnlineTracker(vtzoo.build_model(tiny('mixformer_tiny_spm')),
                            templates=dict(type='HighestScore', interval=2, online=2, threshold=0.0))
    frames = np.random.RandomState(1).randint(0, 255, (6, 120, 160, 3)).astype(np.uint8)

    def run():
        tracker.init(frames[0], BOX)
        return [tracker.track(frame) for frame in frames[1:]]

    assert run() == run()


def test_templates_fill_their_places_then_replace_the_oldest():
    import torch

    from vtzoo.inference.templates import HighestScore
    update = HighestScore(interval=2, online=2, threshold=0.5)
    first = torch.zeros(1, 3, 1, 1)
    assert len(update.start(first)) == 2

    def step(frame, score):
        templates = update.step(frame, score, lambda: torch.full((1, 3, 1, 1), float(frame)))
        return None if templates is None else templates[:, 0, 0, 0].tolist()

    assert step(1, 0.9) is None
    assert step(2, 0.8) == [0, 0, 1], 'frame 1 had the best score'
    assert step(3, 0.4) is None
    assert step(4, 0.3) == [0, 0, 1], 'no score above the threshold: the first template replaces the oldest'
    assert step(5, 0.6) is None
    assert step(6, 0.7) == [0, 0, 6]


def test_the_size_follows_as_fast_as_it_is_told():
    """The centre is the new one at any rate; the size is the last one's at rate 0, the new one's at rate 1."""
    last = np.array([60, 45, 30, 24])
    crop = AreaCrop(32, 64).search(last)
    prediction = Prediction(torch.tensor([[0.5, 0.6, 0.4, 0.3]]), None, torch.tensor([0]), None)
    kept, half, new = (Best(0, rate).to_box(prediction, crop, last, 160, 120) for rate in (0, 0.5, 1))
    np.testing.assert_allclose(new, crop.to_image(prediction.box[0].tolist()))
    np.testing.assert_allclose(kept[2:], last[2:])
    np.testing.assert_allclose(kept[:2] + kept[2:] / 2, new[:2] + new[2:] / 2)
    np.testing.assert_allclose(half, (kept + new) / 2)
    assert np.abs(new[2:] - kept[2:]).max() > 1
    with pytest.raises(ValueError, match='rate=2'):
        Best(rate=2)
