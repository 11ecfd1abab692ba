"""Image and crop coordinates meet in one place, and come back."""

import numpy as np
import pytest

from vtzoo.data.crops import AreaCrop, ContextCrop

RNG = np.random.default_rng(5)
BOXES = np.concatenate([RNG.uniform(-20, 300, (20, 2)), RNG.uniform(1, 200, (20, 2))], 1)


@pytest.mark.parametrize('convention', [AreaCrop(), AreaCrop(63, 127), ContextCrop(), ContextCrop(64, 160)])
@pytest.mark.parametrize('training', [False, True])
def test_round_trip(convention, training):
    for around in BOXES[:10]:
        for crop in (convention.template(around, training), convention.search(around, training)):
            for box in BOXES:
                assert crop.to_image(crop.to_crop(box)) == pytest.approx(box, abs=1e-3)


@pytest.mark.parametrize('convention', [AreaCrop(), ContextCrop()])
def test_the_box_around_which_is_cut_lies_in_the_middle(convention):
    for box in BOXES:
        assert convention.search(box).to_crop(box)[:2] == pytest.approx((0.5, 0.5), abs=0.003)


@pytest.mark.parametrize('convention', [AreaCrop(64, 160), ContextCrop(63, 159)])
def test_pixels_land_where_boxes_say(convention):
    """A white object on black: its pixels in the crop are where to_crop puts its box."""
    image = np.zeros((200, 260, 3), np.uint8)
    box = np.array([100, 60, 30, 40])
    image[60:100, 100:130] = 255
    for crop in (convention.template(box), convention.search(box)):
        rows, columns = np.nonzero(crop.cut(image, (0, 0, 0))[..., 0] > 127)
        cx, cy, w, h = crop.to_crop(box) * crop.size
        found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert found == pytest.approx((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), abs=crop.scale + 1)


def test_one_pixel_too_many_is_padded_as_released():
    """A square that ends with the image's last column loses it, unless padding is exact."""
    image = np.full((100, 100, 3), 200, np.uint8)
    box = (80, 40, 10, 10)  # side 20 at factor 2: columns 75..94; at factor 3: 70..99
    for extra, black in ((True, 1), (False, 0)):
        crop = AreaCrop(30, 30, template_factor=3.0, search_factor=3.0, extra_padding=extra).template(box)
        cut = crop.cut(image, (0, 0, 0))
        assert (cut[:, -1] == 0).all() == bool(black)
        assert (cut[:, -2] == 200).all()
        inside = AreaCrop(20, 20, extra_padding=extra).template(box).cut(image, (0, 0, 0))
        assert (inside == 200).all(), 'a square inside the image is cut whole'


@pytest.mark.parametrize('convention', [AreaCrop(), ContextCrop()])
def test_outside_the_image_is_filled(convention):
    image = np.full((80, 100, 3), 200, np.uint8)
    fill = convention.fill(image)
    assert fill == ((0, 0, 0) if isinstance(convention, AreaCrop) else pytest.approx((200, 200, 200)))
    far = convention.search((500, 500, 20, 20)).cut(image, (7, 8, 9))
    assert (far == [7, 8, 9]).all()
    corner = convention.search((-10, -10, 20, 20)).cut(image, (7, 8, 9))
    assert (corner[0, 0] == [7, 8, 9]).all()
    assert (corner[-1, -1] == 200).all()


def test_crops_of_huge_and_tiny_boxes():
    image = np.zeros((50, 50, 3), np.uint8)
    for convention in (AreaCrop(), ContextCrop()):
        for box in ((0, 0, 0.3, 0.3), (-1000, -1000, 3000, 3000)):
            crop = convention.search(box)
            assert crop.cut(image, (0, 0, 0)).shape == (crop.size, crop.size, 3)
