"""UAV123, UAV20L and OTB: frame ranges by table, shared folders, every separator."""

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import OTB, UAV20L, UAV123
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.evaluation.benchmarks import find_benchmark


def otb(home, name, separator=',', numbers=None, images=None):
    """One target of OTB; only some frames are written, the tables' sequences are long."""
    row, first, last = layouts.table_rows('otb100', name)
    layouts.write(home / row['annotation_file'], layouts.rows(last - first + 1, separator))
    folder, extension = images or (row['frame_folder'], row['extension'])
    pattern = f'%0{row["zero_padding"]}d.{extension}'
    for number in numbers or (first, last):
        layouts.write(home / folder / (pattern % number), layouts.picture(number, extension=f'.{extension}'))


@pytest.mark.parametrize('separator', [',', '\t', ' ', '  '])
def test_otb_separators(tmp_path, separator):
    otb(tmp_path / 'OTB100', 'Deer', separator)
    (sequence,) = OTB('otb100', tmp_path).read('Deer')
    assert len(sequence) == len(sequence.frames) == 71
    assert sequence.boxes[1].tolist() == [6, 6, 20, 15]  # 1-based, as in the file
    assert sequence.frames[70].shape == (48, 64, 3)


def test_otb_sequences_that_start_late(tmp_path):
    for name, first, count in (('David', 300, 471), ('BlurCar1', 247, 742), ('BlurCar4', 18, 380)):
        otb(tmp_path / 'otb', name)
        (sequence,) = OTB('otb100', tmp_path).read(name)
        assert len(sequence) == count
        assert sequence.frames.where(0).endswith(f'{name}/img/{first:04d}.jpg')


def test_otb_tiger1_starts_at_its_sixth_frame(tmp_path):
    otb(tmp_path / 'otb', 'Tiger1', numbers=(6,))
    (sequence,) = OTB('otb100', tmp_path).read('Tiger1')
    assert len(sequence) == 349
    assert sequence.boxes[0].tolist() == [10, 6, 20, 15]
    assert sequence.frames.where(0).endswith('0006.jpg')


def test_otb_two_targets_share_a_folder_and_board_has_five_digits(tmp_path):
    for name in ('Jogging_1', 'Jogging_2', 'Skating2_1', 'Skating2_2', 'Human4_2', 'Board'):
        otb(tmp_path / 'otb', name)
    layouts.write(tmp_path / 'otb/Human4/groundtruth_rect.1.txt', b'')  # as released; never read
    data = OTB('otb100', tmp_path)
    for name in ('Jogging_1', 'Jogging_2', 'Skating2_2', 'Human4_2'):
        assert data.read(name)[0].frames[0].shape == (48, 64, 3)
    assert data.read('Board')[0].frames.where(0).endswith('Board/img/00001.jpg')


@pytest.mark.parametrize('images', [('KiteSurf/img', 'jpg'), ('KiteSurf/img', 'png'), ('KiteSurf/jpg', 'png')])
def test_otb_kitesurf_is_found_under_its_names(tmp_path, images):
    otb(tmp_path / 'otb', 'KiteSurf', images=images)
    assert OTB('otb100', tmp_path).read('KiteSurf')[0].frames[83].shape == (48, 64, 3)


def test_otb_counts(tmp_path):
    (tmp_path / 'otb').mkdir()
    assert [len(OTB(split, tmp_path)) for split in ('otb100', 'otb50', 'otb2013')] == [100, 50, 51]
    assert OTB('otb50', tmp_path).name == 'otb50'


def test_otb_archive_a_video_and_grey_frames(tmp_path):
    otb(tmp_path / 'otb', 'Deer')
    grey = layouts.cv2.imencode('.jpg', np.full((48, 64), 90, np.uint8))[1].tobytes()
    layouts.write(tmp_path / 'otb/Deer/img/0001.jpg', grey)
    layouts.zipped(tmp_path / 'otb/Deer', tmp_path / 'otb/Deer.zip', top='Deer')
    (sequence,) = OTB('otb100', tmp_path).read('Deer')
    assert sequence.frames[0].shape == (48, 64, 3)
    with pytest.raises(FrameError, match=r'Deer.zip:Deer/img/0002.jpg is missing'):
        sequence.frames[1]


def test_a_count_other_than_published_is_refused(tmp_path):
    otb(tmp_path / 'otb', 'Deer')
    layouts.write(tmp_path / 'otb/Deer/groundtruth_rect.txt', layouts.rows(70))
    with pytest.raises(AnnotationError, match='has 70 boxes, OTB publishes 71'):
        OTB('otb100', tmp_path).read('Deer')


def uav(home, table, name, absent=()):
    row, first, last = layouts.table_rows(table, name)
    lines = layouts.rows(last - first + 1)
    for i in absent:
        lines[i] = 'NaN,NaN,NaN,NaN'
    layouts.write(home / row['annotation_file'], lines)
    for number in (first, last):
        layouts.write(home / row['frame_folder'] / f'{number:06d}.jpg', layouts.picture(number))


def test_uav123_sequences_are_pieces_of_a_folder(tmp_path):
    home = tmp_path / 'UAV123'
    for name in ('car1_1', 'car1_2'):
        uav(home, 'uav123', name, absent=(3, 4))
    data = UAV123(root=tmp_path)
    one, two = data.read('car1_1')[0], data.read('car1_2')[0]
    assert len(data) == 123
    assert (len(one), len(two)) == (751, 877)
    assert one.frames.where(750) == two.frames.where(0)  # they share the frame where one ends
    assert one.frames.where(0).endswith('data_seq/UAV123/car1/000001.jpg')
    assert np.isnan(one.boxes).all(1).nonzero()[0].tolist() == [3, 4]
    assert one.visible.sum() == 749
    np.testing.assert_array_equal(one.frames[750], two.frames[0])


def test_uav20l_reads_its_own_boxes_over_the_same_frames(tmp_path):
    home = tmp_path / 'uav'
    uav(home, 'uav20l', 'car1')
    uav(home, 'uav123', 'car1_1')
    data = UAV20L(root=tmp_path)
    assert len(data) == len(set(data.videos)) == 20
    assert len(data.read('car1')[0]) == 2629


def test_uav20l_is_missing_where_only_uav123_is(tmp_path):
    uav(tmp_path / 'UAV123', 'uav123', 'car1_1')
    with pytest.raises(FileNotFoundError, match=r'UAV20L is not under .*UAV123/anno/UAV20L'):
        UAV20L(root=tmp_path)


def test_a_folder_without_frames_is_no_part_of_the_set_on_disk(tmp_path):
    for name in ('Deer', 'Tiger1'):
        otb(tmp_path / 'otb', name)
    for frame in (tmp_path / 'otb/Deer/img').iterdir():
        frame.unlink()
    part = find_benchmark('otb100').open(tmp_path, partial=True)
    assert [sequence.name for sequence in part] == ['Tiger1']
