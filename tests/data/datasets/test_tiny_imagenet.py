"""Tiny ImageNet: boxes count their last pixel, objects that fill their picture are left out, others surround them."""

import cv2
import numpy as np
import pytest

from vtzoo.data.datasets import TinyImageNet
from vtzoo.data.index import Indexed
from vtzoo.data.sequence import AnnotationError, FrameError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))


def make(root, pictures=12, rows=None):
    home = root / 'tiny-imagenet-200' / 'train' / 'n01'
    (home / 'images').mkdir(parents=True)
    for i in range(pictures):
        cv2.imwrite(str(home / 'images' / f'n01_{i}.JPEG'), np.full((64, 64, 3), 20 * i, np.uint8))
    rows = rows or [f'n01_{i}.JPEG\t10\t20\t29\t49' for i in range(pictures - 1)] + [
        f'n01_{pictures - 1}.JPEG\t0\t0\t63\t63']
    (home / 'n01_boxes.txt').write_text('\n'.join(rows) + '\n')
    return root


def test_boxes_and_mosaics(tmp_path):
    for data in (reader := TinyImageNet(root=make(tmp_path)), Indexed(reader)):
        assert len(data) == 11, 'the object that fills its picture is left out'
        sequence = data[3]
        np.testing.assert_array_equal(sequence.boxes, [[74, 84, 20, 30]])
        assert sequence.visible.all()
        frame = sequence.frames[0]
        assert frame.shape == (192, 192, 3)
        assert abs(int(frame[96, 96, 0]) - 60) < 3, 'its own picture is in the middle'
        around = [frame[32 + 64 * r, 32 + 64 * c, 0] for r in range(3) for c in range(3) if (r, c) != (1, 1)]
        assert len({round(value / 20) for value in around} - {3}) == 8
        assert sequence.frames.read(0, reduce=4).shape == (48, 48, 3)
        assert sequence.frames.size(0) == (192, 192)
    assert not data.is_video
    np.testing.assert_array_equal(Indexed(reader)[3].frames[0], reader[3].frames[0])
    assert len(TinyImageNet(root=tmp_path, most=1.0)) == 12


@pytest.mark.parametrize(('row', 'why'), [
    ('n01_0.JPEG\t10\t20\t29', 'line 1: expected name x1 y1 x2 y2'),
    ('n01_0.JPEG\t10\t20\t64\t49', 'line 1: the box of n01_0.JPEG is not inside'),
    ('n01_0.JPEG\ta\t20\t29\t49', 'line 1: expected name')])
def test_bad_rows_are_named(tmp_path, row, why):
    make(tmp_path, rows=[row] + [f'n01_{i}.JPEG\t10\t20\t29\t49' for i in range(1, 12)])
    with pytest.raises(AnnotationError, match=why):
        TinyImageNet(root=tmp_path).read('n01')


def test_too_few_pictures_or_other_sizes_are_said(tmp_path):
    with pytest.raises(AnnotationError, match='names 5 pictures; a mosaic needs 9'):
        TinyImageNet(root=make(tmp_path / 'few', pictures=5)).read('n01')
    reader = TinyImageNet(root=make(tmp_path))
    images = tmp_path / 'tiny-imagenet-200' / 'train' / 'n01' / 'images'
    for path in images.iterdir():
        cv2.imwrite(str(path), np.zeros((32, 64, 3), np.uint8))
    with pytest.raises(FrameError, match='is not of 64 x 64 pixels'):
        reader[0].frames.read(0)
    for path in images.iterdir():
        path.unlink()
    with pytest.raises(FrameError, match='missing'):
        reader[0].frames.read(0)
