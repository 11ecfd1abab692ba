"""VOT2020: masks, anchors, files that end early."""

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import VOT2020
from vtzoo.data.datasets.vot2020 import region_box
from vtzoo.data.sequence import AnnotationError


def write(root):
    home = root / 'vot2020/sequences'
    layouts.write(home / 'list.txt', ['agility'])
    layouts.write(home / 'agility/sequence', ['channels.color=color/%08d.jpg', 'fps=30', 'format=default',
                                              'length=5', 'width=64', 'height=48', 'name=agility'])
    layouts.frames(home / 'agility/color', '%08d.jpg', 1, 5)
    layouts.write(home / 'agility/groundtruth.txt', ['m10,20,4,3,5,2,2,2', '0', '1.5,2,10,20', '1,2,11,2,11,22,1,22'])
    layouts.write(home / 'agility/anchor.value', ['1', '0', '-1'])
    layouts.write(home / 'agility/camera_motion.tag', ['1'])
    return home


@pytest.fixture
def home(tmp_path):
    return write(tmp_path)


def test_regions_become_boxes(home):
    data = VOT2020(root=home.parent.parent)
    sequence = data[0]
    assert len(data) == 1
    assert sequence.boxes[0].tolist() == [11, 21, 2, 2]  # the mask is tighter than its rectangle
    assert np.isnan(sequence.boxes[[1, 4]]).all()  # unknown; the file ends early
    assert sequence.boxes[2:4].tolist() == [[1.5, 2, 10, 20], [1, 2, 10, 20]]
    assert sequence.visible.tolist() == [True, False, True, True, False]
    assert sequence.attributes['anchor'].tolist() == [1, 0, -1, 0, 0]
    assert sequence.attributes['regions'][0].startswith('m10,20')
    assert sequence.frames[4].shape == (48, 64, 3)


def test_the_stack_may_lie_without_its_sequences_folder(home):
    home.rename(home.parent.parent / 'flat')
    home.parent.rmdir()
    (home.parent.parent / 'flat').rename(home.parent)
    assert len(VOT2020(root=home.parent.parent)) == 1


def test_masks_by_hand():
    whole = np.zeros((48, 64), bool)
    whole[5:9, 7:12] = True
    runs, last = [], False
    for value in whole[4:10, 6:14].ravel():
        if value != last:
            runs.append(0)
            last = value
        runs = runs or [0]
        runs[-1] += 1
    assert region_box('m6,4,8,6,' + ','.join(map(str, runs))) == (7, 5, 5, 4)
    assert region_box('m3,4,2,2,0,4') == (3, 4, 2, 2)  # a first run of no zeros
    assert np.isnan(region_box('m0,0,0,0')).all()
    assert np.isnan(region_box('nan')).all()


@pytest.mark.parametrize('line', ['m1,2,3', 'm1,2,2,2,9', 'm1,2,-2,-2,1', '1,2,3', 'box', 'm1,2,nan,3,4', ''])
def test_what_is_no_region_is_named(home, line):
    layouts.write(home / 'agility/groundtruth.txt', ['1,2,3,4', line, '1,2,3,4'])
    with pytest.raises(AnnotationError, match='agility has an annotation that cannot be read'):
        VOT2020(root=home.parent.parent)[0]
