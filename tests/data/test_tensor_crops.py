"""Crops of frames on a GPU: the same function on the CPU beside OpenCV's crops."""

import cv2
import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.data.crops import AreaCrop, ContextCrop
from vtzoo.data.tensor_crops import cut_tensor
from vtzoo.inference import online
from vtzoo.inference.inputs import as_array, as_image

CROPS = [AreaCrop(), AreaCrop(extra_padding=False), ContextCrop()]


def frame(h=240, w=320):
    coarse = np.random.RandomState(0).randint(0, 255, (h // 10, w // 10, 3)).astype(np.uint8)
    return cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize('kind', ['template', 'search'])
@pytest.mark.parametrize('convention', CROPS, ids=str)
@pytest.mark.parametrize('box', [(150, 100, 40, 30), (-10, -5, 60, 40), (290, 200, 80, 90), (100, 60, 300, 250)])
def test_it_is_what_opencv_cuts(box, convention, kind):
    image = frame()
    crop, fill = getattr(convention, kind)(box), convention.fill(image)
    cut = cut_tensor(crop, torch.from_numpy(image), fill)
    assert (cut.dtype, cut.shape) == (torch.uint8, (3, crop.size, crop.size))
    difference = np.abs(cut.permute(1, 2, 0).numpy().astype(int) - crop.cut(image, fill))
    assert difference.mean() < 0.2
    assert (difference > 2).mean() < 0.01


def test_outside_the_image_is_the_colour():
    crop = ContextCrop().search((5000, 5000, 20, 20))
    assert (cut_tensor(crop, torch.from_numpy(frame()), (3.9, 2, 1)) == torch.tensor([3, 2, 1])[:, None, None]).all()


def test_a_tracker_follows_in_tensors_as_in_arrays(monkeypatch):
    tracker, image = vtzoo.load_tracker('nano/lite_nano'), frame()
    later = np.roll(image, (3, 5), (0, 1))
    tracker.init(image, (150, 100, 40, 30))
    expected = tracker.track(later)
    monkeypatch.setattr(online, 'as_image', lambda frame: frame)  # which leaves tensors where they are, on a GPU
    tracker.init(torch.from_numpy(image), (150, 100, 40, 30))
    found = tracker.track(torch.from_numpy(later))
    np.testing.assert_allclose(found.box, expected.box, atol=0.1)
    assert found.score == pytest.approx(expected.score, abs=0.01)


def test_tensors_are_taken_and_checked():
    image = frame()
    assert np.array_equal(as_image(torch.from_numpy(image)), image)
    assert np.array_equal(as_array(torch.from_numpy(image)), image)
    flat, wide = torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(3, 4, 5, dtype=torch.uint8)
    for bad, why in ((torch.zeros(4, 4, 3), 'holds uint8'), (torch.zeros(4, 4, 3, dtype=torch.bfloat16), 'holds uint8'),
                     (flat, 'alpha channel'), (wide, r'is \(H, W, 3\)')):
        with pytest.raises(ValueError, match=why):
            as_image(bad)


@pytest.mark.parametrize('shape', [(3, 4, 4), (4, 4), (4, 4, 4), (0, 4, 3)])
def test_a_frame_elsewhere_has_the_shape_of_an_image(shape):
    """The meta device stands for a GPU: nothing can be moved from it."""
    with pytest.raises(ValueError, match=r'\(H, W, 3\)'):
        as_image(torch.zeros(shape, dtype=torch.uint8, device='meta'))


def test_a_frame_elsewhere_stays_there():
    image = torch.zeros(4, 5, 3, dtype=torch.uint8, device='meta')
    assert as_image(image) is image
