"""Videos as they occur: turned, at odd rates, with headers that say nothing or too much."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.inference.conftest import COUNT, write_video
from vtzoo.inference.sources import Stills, VideoFile, open_source
from vtzoo.inference.video import VideoWriter, container_rate


def turned(path, images):
    """An MP4 whose header says: show it turned by 90 degrees, as telephones write."""
    data = bytearray(write_video(path, images, codec='mp4v').read_bytes())
    matrix = b''.join(value.to_bytes(4, 'big', signed=True) for value in (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30))
    turn = b''.join(value.to_bytes(4, 'big', signed=True) for value in (
        0, 65536, 0, -65536, 0, 0, images[0].shape[0] << 16, 0, 1 << 30))
    at = data.index(matrix, data.index(b'tkhd'))
    data[at:at + 36] = turn
    path.write_bytes(data)
    return path


def test_rotation_comes_from_the_container(images, tmp_path):
    plain = [frame.image for frame in VideoFile(write_video(tmp_path / 'a.mp4', images, codec='mp4v')).frames()]
    upright = [frame.image for frame in VideoFile(turned(tmp_path / 'b.mp4', images)).frames()]
    assert upright[0].shape == (96, 64, 3)
    assert np.array_equal(upright[2], np.rot90(plain[2], -1))


@pytest.mark.parametrize('fps', [23.976, 29.97, 59.94, 211.222, 12.5, 1000, 0.5])
def test_frame_rates_that_containers_take(images, tmp_path, fps):
    with VideoWriter(tmp_path / 'a.mp4', fps) as writer:
        for image in images:
            writer.write(image)
    source = open_source(tmp_path / 'a.mp4')
    assert source.fps == pytest.approx(fps, rel=1e-3)
    assert source.length == COUNT
    assert [frame.time for frame in source.frames()][-1] == pytest.approx((COUNT - 1) / fps, rel=1e-3)


def test_rates_that_are_none():
    assert [container_rate(fps) for fps in (0, -1, float('nan'), float('inf'), 90000)] == [30] * 5
    assert container_rate(1e-6) == 0.1


def test_no_length_in_the_header(images, tmp_path):
    """Pictures one after the other, as cameras send them: no header at all."""
    jpegs = [cv2.imencode('.jpg', image)[1].tobytes() for image in images]
    (tmp_path / 'A.MJPEG').write_bytes(b''.join(jpegs))
    source = open_source(tmp_path / 'A.MJPEG')
    assert len(list(source.frames())) == COUNT
    assert source.faults == []


def test_a_file_that_grows_worse(images, tmp_path):
    """Bytes in the middle are overwritten: what plays is read, and what is missing said."""
    data = bytearray(write_video(tmp_path / 'a.avi', images * 4, codec='MJPG').read_bytes())
    third = len(data) // 3
    data[third:third + 2000] = bytes(2000)
    (tmp_path / 'b.avi').write_bytes(data)
    source = open_source(tmp_path / 'b.avi')
    frames = [frame for frame in source.frames() if frame.image is not None]
    assert 0 < len(frames) <= 4 * COUNT
    assert len(frames) == 4 * COUNT or source.faults


def test_thermal_pictures_keep_one_scale(tmp_path):
    """16-bit grey pictures: the levels of the first one serve all, as for data sets."""
    rng = np.random.RandomState(0)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f'{i}.png'), (rng.randint(7000, 9000, (40, 50)) + 500 * i).astype(np.uint16))
    first, second = (frame.image.mean() for frame in open_source(tmp_path).frames())
    assert second - first > 20


def test_lists_of_arrays_keep_their_size_and_type(images):
    source = open_source(images)
    assert isinstance(source, Stills)
    assert source.length == COUNT
    odd = open_source([images[0], images[1].astype(float)])
    assert [frame.image is None for frame in odd.frames()] == [False, True]
    assert odd.faults[0].startswith('frame 1: an image holds uint8 values 0..255, not float64')


@pytest.mark.parametrize(('suffix', 'options'), [
    ('webp', dict(lossless=True, duration=50)), ('png', dict(duration=50)), ('tif', {}), ('tiff', {})])
def test_pictures_of_several_frames(images, tmp_path, suffix, options):
    first, *rest = map(Image.fromarray, images)
    first.save(tmp_path / f'a.{suffix}', save_all=True, append_images=rest, **options)
    source = open_source(tmp_path / f'a.{suffix}')
    assert (source.length, source.fps) == (len(images), 20.0 if options else 30.0)
    assert all(np.array_equal(frame.image, image) for frame, image in zip(source.frames(), images, strict=True))
    assert [frame.index for frame in source.frames(1, 2)] == list(range(1, len(images), 2))
    assert not source.faults
    first.save(tmp_path / 'b.png')
    assert open_source(tmp_path / 'b.png').length == 1


def test_a_stack_of_16_bit_pages_keeps_one_scale_and_says_where_it_is_cut(tmp_path):
    pages = [np.full((40, 60), 1000 * (1 + page), np.uint16) for page in range(4)]
    pages[0][:20] = 5000
    first, *rest = map(Image.fromarray, pages)
    first.save(path := tmp_path / 'a.tif', save_all=True, append_images=rest)
    seen = [frame.image for frame in open_source(path).frames()]
    assert [image[30, 30, 0] for image in seen] == sorted({image[30, 30, 0] for image in seen})
    data = path.read_bytes()
    (tmp_path / 'b.tif').write_bytes(data[:-100])
    source = open_source(tmp_path / 'b.tif')
    assert [frame.image is None for frame in source.frames()] == [False, False, False, True]
    assert 'frame 3 of' in source.faults[0]
    (tmp_path / 'b.tif').write_bytes(data[:len(data) // 2])
    with pytest.raises(ValueError, match=r'b\.tif cannot be read: it is cut short or damaged'):
        open_source(tmp_path / 'b.tif')


def test_a_page_beyond_the_limit_is_missed_before_it_is_decoded(tmp_path, monkeypatch):
    small, large = (Image.new('RGB', size) for size in ((60, 40), (2000, 1000)))
    small.save(tmp_path / 'a.tif', save_all=True, append_images=[large])
    monkeypatch.setenv('VTZOO_MAX_MEGAPIXELS', '1')
    source = open_source(tmp_path / 'a.tif')
    assert [frame.image is None for frame in source.frames()] == [False, True]
    assert 'set VTZOO_MAX_MEGAPIXELS higher' in source.faults[0]
