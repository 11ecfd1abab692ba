"""Fast crops: near the exact ones, exact on demand, never blank."""

import cv2
import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.crops import AreaCrop, ContextCrop
from vtzoo.data.images import decode, encoded_size
from vtzoo.data.loading import cut
from vtzoo.data.sequence import FolderFrames, FrameError, MissingFrameError, Numbered, SelectedFrames

CONVENTIONS = [AreaCrop(128, 320, 2.0, 5.0), ContextCrop(127, 289, 0.5)]


def scene(width=641, height=479):
    """Smooth colours and a sharp square, so that a shift of half a pixel shows."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image = np.stack([127 + 100 * np.sin(x / 60), 127 + 100 * np.cos(y / 45), 60 + 0.2 * x], -1)
    image[200:300, 250:400] = (230, 40, 90)
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture
def frames(tmp_path):
    image = cv2.cvtColor(scene(), cv2.COLOR_RGB2BGR)
    for name in ('0.jpg', '1.png'):
        layouts.write(tmp_path / name, cv2.imencode(name[1:], image, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes())
    return FolderFrames(tmp_path, ['0.jpg', '1.png'])


@pytest.mark.parametrize('convention', CONVENTIONS)
@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize(('side', 'reduce'), [(60, 1), (150, 2), (290, 4)])
def test_the_fast_crop_is_near_the_exact_one(frames, convention, training, side, reduce):
    for box in ((280, 190, side, side * 0.8), (10, 20, side, side)):  # the second reaches outside the image
        crop = convention.search(box, training)
        exact, fast = (cut(frames, 0, crop, convention.fill, full_decode) for full_decode in (True, False))
        assert exact.shape == fast.shape == (crop.size, crop.size, 3)
        np.testing.assert_array_equal(exact, crop.cut(frames[0], convention.fill(frames[0])))
        difference = np.abs(exact.astype(int) - fast)
        assert difference.mean() < 1.2
        assert (difference.max() == 0) == (crop.scale * 2 > 1)


@pytest.mark.parametrize('convention', CONVENTIONS)
def test_the_fast_crop_is_not_shifted(frames, convention):
    """Moving the fast crop by half a crop pixel either way makes it less like the exact one."""
    crop = convention.search((280, 190, 150, 120), True)
    exact = cut(frames, 0, crop, (0, 0, 0), full_decode=True).astype(np.float32)
    fast = cut(frames, 0, crop, (0, 0, 0)).astype(np.float32)
    inside = slice(40, -40)
    errors = {}
    for dx, dy in ((0, 0), (0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5)):
        moved = cv2.warpAffine(fast, np.float32([[1, 0, dx], [0, 1, dy]]), fast.shape[1::-1])
        errors[dx, dy] = np.abs(moved - exact)[inside, inside].mean()
    assert min(errors, key=errors.get) == (0, 0)


def test_only_what_is_needed_is_decoded(frames, monkeypatch):
    asked = []
    read = FolderFrames.read
    monkeypatch.setattr(FolderFrames, 'read', lambda self, i, reduce=1: asked.append(reduce) or read(self, i, reduce))
    for side in (60, 64, 127, 128, 200, 256, 400, 512, 600):
        cut(frames, 0, AreaCrop().search((100, 100, side, side)), (0, 0, 0))
    assert asked == [1, 1, 1, 2, 2, 4, 4, 8, 8]
    cut(frames, 0, AreaCrop().search((100, 100, 600, 600)), (0, 0, 0), full_decode=True)
    assert asked[-1] == 1


def test_frames_that_draw_their_own_crops_are_let(frames):
    class Drawn:
        def read(self, index, reduce=1):
            return np.full((480 // reduce, 640 // reduce, 3), 10 + reduce, np.uint8)

        def cut(self, index, crop, fill):
            return np.full((crop.size, crop.size, 3), fill, np.uint8)

    crop = AreaCrop().search((1, 2, 3, 4))
    assert cut(Drawn(), 7, crop, (5, 5, 5)).mean() == 5
    assert cut(Drawn(), 7, crop, ContextCrop().fill).mean() == 18
    assert cut(Drawn(), 7, crop, (11, 11, 11), full_decode=True).mean() == 11


def test_reduced_frames_cover_the_whole_image(frames):
    for index in (0, 1):
        for reduce in (2, 4, 8):
            image = frames.read(index, reduce)
            assert image.shape == (-(-479 // reduce), -(-641 // reduce), 3)
            expected = cv2.resize(frames[index], image.shape[1::-1], interpolation=cv2.INTER_AREA)
            assert np.abs(image.astype(int) - expected).mean() < 3


def test_sizes_are_read_from_headers(frames, monkeypatch):
    monkeypatch.setattr('vtzoo.data.images.cv2', None)
    assert [frames.size(i) for i in (0, 1)] == [(641, 479)] * 2
    assert SelectedFrames(frames, [1]).size(0) == (641, 479)


def test_sizes_of_other_formats():
    data = cv2.imencode('.bmp', scene(33, 20))[1].tobytes()
    assert encoded_size(data, 'x') == (33, 20)
    with pytest.raises(FrameError, match='x is not a readable image'):
        encoded_size(b'BM' + bytes(40), 'x')


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_a_file_that_ends_early_is_never_an_image(extension):
    data = cv2.imencode(extension, scene())[1].tobytes()
    for share in (0.05, 0.3, 0.7, 0.99):
        with pytest.raises(FrameError, match=r'dir/1 is cut off: copy or unpack it again'):
            decode(data[:int(share * len(data))], 'dir/1')
    for junk in (b'', b'\xff\xd8', b'not an image', b'\0' * 5000):
        with pytest.raises(FrameError, match='dir/1'):
            decode(junk, 'dir/1')
    assert decode(data + b'\0' * 30, 'dir/1').shape == (479, 641, 3)  # some cameras pad


def test_grey_frames_have_three_channels_and_pictures_are_turned_upright():
    grey = np.full((20, 30), 77, np.uint8)
    data = cv2.imencode('.jpg', grey)[1].tobytes()
    assert decode(data, 'x').shape == (20, 30, 3)
    turned = (b'\xff\xd8\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
              + data[2:])
    assert decode(turned, 'x').shape == (30, 20, 3)
    assert encoded_size(turned, 'x') == (20, 30)
    assert decode(turned, 'x', 8).shape == (4, 3, 3)


def test_missing_frames_are_told_from_damaged_ones(tmp_path):
    frames = FolderFrames(tmp_path, Numbered('%02d.jpg', 3, 2))
    layouts.write(tmp_path / '04.jpg', b'damaged')
    with pytest.raises(MissingFrameError, match=r'03.jpg is missing'):
        frames[0]
    with pytest.raises(FrameError, match=r'04.jpg is not a readable image') as caught:
        frames[1]
    assert not isinstance(caught.value, MissingFrameError)


def test_numbered_names():
    names = Numbered('%05d.jpg', 7, 3)
    assert list(names) == ['00007.jpg', '00008.jpg', '00009.jpg']
    assert (names[-1], len(names), '00010.jpg' in names) == ('00009.jpg', 3, False)
    with pytest.raises(IndexError):
        names[3]
