"""GOT-10k as published: folders or archives, splits by line and by name, labels that say what is visible."""

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data import tables
from vtzoo.data.datasets import GOT10k
from vtzoo.data.sequence import AnnotationError, FrameError


@pytest.fixture
def root(tmp_path):
    layouts.got10k(tmp_path)
    return tmp_path


def test_a_training_sequence_is_visible_where_its_labels_say_so(root):
    data = GOT10k('train', root)
    sequence = data[0]
    assert len(data) == 3
    assert sequence.name == 'GOT-10k_Train_000001'
    assert sequence.boxes.tolist() == [[5 + i, 6.5, 20.25, 15] for i in range(4)]
    assert sequence.visible.tolist() == [True, False, False, True]  # absent; covered; cover 5
    assert sequence.attributes['absent'].tolist() == [False, True, False, False]
    assert sequence.attributes['cover'].tolist() == [8, 8, 0, 5]
    assert sequence.attributes['meta']['object_class'] == 'dog'
    assert sequence.attributes['meta']['begin'] == '00:00:01'
    assert [sequence.frames[i].shape for i in range(4)] == [(48, 64, 3)] * 4
    assert sequence.frames.where(3).endswith('00000004.jpg')


def test_the_test_split_knows_its_first_box_only(root):
    sequence = GOT10k('test', root)[1]
    assert len(sequence) == len(sequence.frames) == 3
    assert sequence.boxes[0].tolist() == [5, 6, 20, 15]
    assert np.isnan(sequence.boxes[1:]).all()
    assert sequence.visible.tolist() == [True, False, False]


def test_vottrain_and_votval_count_lines_and_exclusions_go_by_name(root):
    layouts.got10k(root, listed=[f'GOT-10k_Train_{i:06d}' for i in range(1, 9336)])
    names = {split: GOT10k(split, root).videos for split in
             ('train', 'train_full', 'vottrain', 'votval', 'train_without_vot', 'train_fixed')}
    assert {split: len(found) for split, found in names.items()} == dict(
        train=9335, train_full=9335, vottrain=7086, votval=1249, train_without_vot=8335, train_fixed=9291)
    assert names['vottrain'][0] == 'GOT-10k_Train_003785'  # line 3784, counted from 0
    assert not set(names['train_without_vot']) & set(tables.names('got10k_vot_exclude'))
    assert 'GOT-10k_Train_007947' not in names['train_fixed']


def test_a_part_of_the_list_is_split_by_name(root):
    layouts.got10k(root, listed=['GOT-10k_Train_003785', 'GOT-10k_Train_000001', 'GOT-10k_Train_009335'])
    parts = GOT10k('vottrain', root).videos, GOT10k('votval', root).videos
    assert 'GOT-10k_Train_003785' in parts[0]
    assert not set(parts[0]) & set(parts[1])


def test_sequences_of_other_names_are_all_trained_on(root):
    layouts.got10k(root, listed=['mine_1', 'mine_2'])
    with pytest.warns(UserWarning, match='2 sequences of other names than GOT-10k, such as mine_1'):
        assert GOT10k('vottrain', root).videos == ['mine_1', 'mine_2']
    with pytest.warns(UserWarning, match='votval none'):
        assert GOT10k('votval', root).videos == []


def test_the_archives_as_shipped_read_as_the_folders_do(root):
    unpacked = {split: [(sequence, sequence.frames[2]) for sequence in GOT10k(split, root)]
                for split in ('train', 'val', 'test')}
    home = root / 'got10k'
    for pack, numbers in (('01', (1, 2)), ('02', (3,))):
        for number in numbers:
            (home / pack).mkdir(exist_ok=True)
            name = f'GOT-10k_Train_{number:06d}'
            (home / 'train' / name).rename(home / pack / name)
        layouts.zipped(home / pack, home / f'train/GOT-10k_Train_split_{pack}.zip')
    for part in ('val', 'test'):
        layouts.zipped(home / part, home / f'{part}_data.zip', top=part)
    for split, expected in unpacked.items():
        for (before, frame), after in zip(expected, GOT10k(split, root), strict=True):
            assert before.name == after.name
            np.testing.assert_array_equal(before.boxes, after.boxes)
            np.testing.assert_array_equal(before.visible, after.visible)
            np.testing.assert_array_equal(frame, after.frames[2])
    assert GOT10k('train', root)[2].frames.where(0).endswith('split_02.zip:GOT-10k_Train_000003/00000001.jpg')


def test_full_data_is_found_where_the_download_puts_it(root):
    (root / 'got10k/full_data').mkdir()
    (root / 'got10k/train').rename(root / 'got10k/full_data/train_data')
    assert len(GOT10k('train', root)) == 3


def test_a_missing_frame_raises_alone_and_boxes_stay_with_their_frames(root):
    folder = root / 'got10k/train/GOT-10k_Train_000002'
    (folder / '00000002.jpg').unlink()
    sequence = GOT10k('train', root)[1]
    with pytest.raises(FrameError, match=r'00000002.jpg is missing'):
        sequence.frames[1]
    assert sequence.frames[2].tolist() == GOT10k('train', root)[0].frames[2].tolist()


@pytest.mark.parametrize(('file', 'change', 'message'), [
    ('groundtruth.txt', lambda lines: lines[:-1], r'holds 4 frames, of which 3 are annotated'),
    ('groundtruth.txt', lambda lines: [*lines, lines[0]], r'holds 4 frames, of which 5 are annotated'),
    ('groundtruth.txt', lambda lines: ['1,2,3', *lines[1:]], r"groundtruth.txt line 1 is '1,2,3': expected x,y,w,h"),
    ('groundtruth.txt', lambda lines: [], r'groundtruth.txt is empty'),
    ('cover.label', lambda lines: lines[:-1], r'cover.label has 3 values for 4 boxes'),
    ('cover.label', lambda lines: ['9', *lines[1:]], r'cover.label has values outside 0..8'),
    ('absence.label', lambda lines: ['?', *lines[1:]], r'absence.label holds something other than whole numbers')])
def test_what_is_wrong_with_an_annotation_is_named(root, file, change, message):
    path = root / 'got10k/train/GOT-10k_Train_000001' / file
    layouts.write(path, change(path.read_text().split()) or b'')
    with pytest.raises(AnnotationError, match=message):
        GOT10k('train', root)[0]


def test_every_frame_missing_is_an_annotation_error(root):
    for path in (root / 'got10k/train/GOT-10k_Train_000001').glob('*.jpg'):
        path.unlink()
    with pytest.raises(AnnotationError, match=r'GOT-10k_Train_000001 holds none of the frames 00000001.jpg'):
        GOT10k('train', root)[0]


def test_a_missing_part_says_where_it_was_looked_for(root):
    with pytest.raises(ValueError, match="no split 'training'; known: train"):
        GOT10k('training', root)
    (root / 'got10k/val').rename(root / 'got10k/elsewhere')
    with pytest.raises(FileNotFoundError, match=r'got10k/val, .*full_data/val_data or .*val_data.zip'):
        GOT10k('val', root)
