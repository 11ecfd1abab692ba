"""LaSOT and its extension: absence by flags, the annotation's length, archives a class."""

import pytest

from tests.data.datasets import layouts
from vtzoo.data import tables
from vtzoo.data.datasets import LaSOT, LaSOTExt
from vtzoo.data.sequence import AnnotationError


def first(split, name, root, cls=LaSOT):
    data = cls(split, root)
    return data.read(name)[0]


def test_splits_are_the_published_lists(tmp_path):
    (tmp_path / 'LaSOT').mkdir()
    train, test = LaSOT('train', tmp_path), LaSOT('test', tmp_path)
    assert (len(train), len(test)) == (1120, 280)
    assert not set(train.videos) & set(test.videos)
    (tmp_path / 'lasot_ext').mkdir()
    assert len(LaSOTExt(root=tmp_path)) == 150


def test_absence_comes_from_the_flags_and_boxes_are_the_files_numbers(tmp_path):
    layouts.lasot_sequence(tmp_path / 'lasot/airplane/airplane-1', 6, zero=(1, 4), occluded=(1,), outside=(2, 3))
    sequence = first('test', 'airplane-1', tmp_path)
    assert sequence.attributes['absent'].tolist() == [False, True, True, True, False, False]
    assert sequence.visible.tolist() == [True, False, False, False, False, True]  # frame 4: present, no size
    assert sequence.boxes[0].tolist() == [5, 6, 20, 15]  # 1-based, as in the file
    assert sequence.boxes[1].tolist() == [0, 0, 0, 0]
    assert sequence.boxes[2].tolist() == [7, 6, 20, 15]  # absent frames may hold an ordinary box
    assert LaSOT('test', tmp_path).base == 1


def test_monkey_17_has_more_frames_than_count(tmp_path):
    layouts.lasot_sequence(tmp_path / 'lasot/monkey/monkey-17', 4, on_disk=6)
    assert len(first('test', 'monkey-17', tmp_path).frames) == 4


def test_any_other_sequence_with_more_frames_than_boxes_is_refused(tmp_path):
    layouts.lasot_sequence(tmp_path / 'lasot/airplane/airplane-1', 4, on_disk=5)
    with pytest.raises(AnnotationError, match='5 frames, of which 4 are annotated'):
        first('test', 'airplane-1', tmp_path)


@pytest.mark.parametrize('top', ['airplane', ''])
def test_an_archive_a_class_is_read_in_place(tmp_path, top):
    layouts.lasot_sequence(tmp_path / 'lasot/airplane/airplane-1', 3)
    layouts.zipped(tmp_path / 'lasot/airplane', tmp_path / 'lasot/airplane.zip', top=top)
    sequence = first('test', 'airplane-1', tmp_path)
    assert sequence.frames[2].shape == (48, 64, 3)


def test_a_missing_sequence_is_named(tmp_path):
    (tmp_path / 'lasot').mkdir()
    with pytest.raises(AnnotationError, match=r'lasot/airplane/airplane-10 is missing, as a folder and inside a .zip'):
        LaSOT('train', tmp_path)[0]


def test_the_extension_is_laid_out_alike(tmp_path):
    layouts.lasot_sequence(tmp_path / 'LaSOT_extension_subset/atv/atv-1', 3)
    assert LaSOTExt(root=tmp_path)[0].visible.all()
    assert LaSOTExt(root=tmp_path).videos == tables.names('lasot_ext_test')
