"""TrackingNet: names that begin with a hyphen, frames that count from an unpadded 0, an archive a sequence."""

import shutil
import zipfile

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import TrackingNet
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.evaluation.benchmarks import find_benchmark


@pytest.fixture
def home(tmp_path):
    home = tmp_path / 'TrackingNet'
    layouts.trackingnet_sequence(home / 'TRAIN_0', '-a3dJkgP1Zc_0')
    layouts.trackingnet_sequence(home / 'TRAIN_0', '_zB_1', zipped_up=True)
    layouts.trackingnet_sequence(home / 'TRAIN_3', 'x_0')
    layouts.trackingnet_sequence(home / 'TEST', 't_0', 11, labelled=1)
    return home


def test_frames_are_in_the_order_of_their_numbers(home):
    data = TrackingNet('train', home.parent, chunks=(0, 3))
    assert [sequence.name for sequence in data] == ['-a3dJkgP1Zc_0', '_zB_1', 'x_0']
    sequence = data[0]
    assert [sequence.frames.where(i).rpartition('/')[2] for i in (0, 1, 2, 11)] == ['0.jpg', '1.jpg', '2.jpg', '11.jpg']
    assert sequence.boxes[11].tolist() == [16.25, 6.5, 20.75, 15.5]
    assert sequence.visible.all()


def test_an_archive_reads_as_the_unpacked_frames(home):
    data = TrackingNet('train', home.parent, chunks=(0,))
    np.testing.assert_array_equal(data[1].frames[10], data[0].frames[10])
    assert data[1].frames.where(10).endswith('zips/_zB_1.zip/10.jpg')
    assert data[1].frames.size(10) == (64, 48)


def test_a_box_of_no_size_is_not_visible(home):
    path = home / 'TRAIN_3/anno/x_0.txt'
    layouts.write(path, ['0,0,0,0', *path.read_text().split()[1:]])
    assert TrackingNet('train', home.parent, chunks=[3])[0].visible.tolist() == [False] + [True] * 11


def test_the_test_split_knows_its_first_box_only(home):
    sequence = TrackingNet('test', home.parent)[0]
    assert len(sequence) == 11
    assert np.isfinite(sequence.boxes).all(1).tolist() == [True] + [False] * 10


def test_missing_chunks_are_named_and_may_be_left_out(home):
    with pytest.raises(FileNotFoundError, match=r'lacks TRAIN_1/anno.*chunks=\(0, 1, 2, 3\)'):
        TrackingNet('train', home.parent)
    assert [(reader.split, len(reader)) for reader in TrackingNet.found(home.parent)] == [('train', 3), ('test', 1)]


def test_a_partial_extract_is_named(home):
    (home / 'TRAIN_0/zips/_zB_1.zip').unlink()
    with pytest.raises(AnnotationError, match=r'frames of _zB_1 are neither in .*TRAIN_0/frames/_zB_1 nor in'):
        TrackingNet('train', home.parent, chunks=[0])[1]


def test_a_damaged_archive_is_named(home):
    path = home / 'TRAIN_0/zips/_zB_1.zip'
    with zipfile.ZipFile(path) as opened:
        offset = opened.getinfo('3.jpg').header_offset
    data = bytearray(path.read_bytes())
    data[offset + 200] ^= 255  # inside the frame
    path.write_bytes(data)
    sequence = TrackingNet('train', home.parent, chunks=[0])[1]
    with pytest.raises(FrameError, match=r'_zB_1.zip/3.jpg cannot be read \(its checksum is wrong\)'):
        sequence.frames[3]
    assert sequence.frames[4].shape == (48, 64, 3)
    path.write_bytes(data[:len(data) // 2])
    with pytest.raises(AnnotationError, match=r'_zB_1.zip is not a readable ZIP archive'):
        TrackingNet('train', home.parent, chunks=[0])[1]


def test_annotations_alone_are_no_part_of_the_set_on_disk(home):
    assert len(find_benchmark('trackingnet').open(home.parent, partial=True)) == 1
    shutil.rmtree(home / 'TEST/frames')
    with pytest.raises(ValueError, match='no sequence of the set is on disk'):
        find_benchmark('trackingnet').open(home.parent, partial=True)
