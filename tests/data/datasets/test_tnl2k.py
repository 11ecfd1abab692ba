"""TNL2K: names with blanks, frames named in many ways, annotations longer than their videos."""

import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import TNL2K
from vtzoo.data.sequence import AnnotationError


def sequence(folder, names, boxes):
    for number, name in enumerate(names):
        layouts.write(folder / 'imgs' / name, layouts.picture(number, extension=name[-4:]))
    layouts.write(folder / 'imgs/Thumbs.db', b'not a frame')
    layouts.write(folder / 'groundtruth.txt', layouts.rows(boxes))
    layouts.write(folder / 'language.txt', b'')  # empty in some


def test_frames_are_the_sorted_images(tmp_path):
    name = layouts.tables.names('tnl2k_test')[0]
    sequence(tmp_path / 'TNL2K/TNL2K_test_subset' / name, ['img_003.png', 'img_001.jpg', 'img_002.jpg'], 3)
    data = TNL2K('test', tmp_path)
    assert (data.name, len(data)) == ('tnl2k', 700)
    assert [data[0].frames.where(i).rpartition('/')[2] for i in range(3)] == [
        'img_001.jpg', 'img_002.jpg', 'img_003.png']
    assert data[0].frames[2].shape == (48, 64, 3)


def test_an_annotation_longer_than_its_video_is_refused(tmp_path):
    name = 'BF5_FireGUN_video_01_done'
    sequence(tmp_path / 'TNL2K_train_subset' / name, ['1.jpg', '2.jpg'], 4)
    with pytest.raises(AnnotationError, match=r'4 boxes for 2 frames.*toolkit has revised'):
        TNL2K('train', tmp_path).read(name)


def test_one_name_is_in_both_splits():
    both = set(layouts.tables.names('tnl2k_train')) & set(layouts.tables.names('tnl2k_test'))
    assert len(both) == 1
