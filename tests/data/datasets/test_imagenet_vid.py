"""ImageNet VID: tracks with gaps, that begin late, that are occluded."""

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import ImageNetVID
from vtzoo.data.sequence import AnnotationError

BOX = (1, 2, 20, 30)


def write(root):
    for video, per_frame in {
            'train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000': [
                [(0, BOX, 0)], [(0, BOX, 1), (1, BOX, 0)], [(1, BOX, 0)], [(0, BOX, 0), (1, BOX, 0)], [(2, BOX, 0)]],
            'val/ILSVRC2015_val_00000000': [[(0, BOX, 0)], [(0, BOX, 0)]]}.items():
        for i, objects in enumerate(per_frame):
            layouts.write(root / f'ILSVRC2015/Annotations/VID/{video}/{i:06d}.xml', layouts.voc_xml(objects))
        layouts.frames(root / f'ILSVRC2015/Data/VID/{video}', '%06d.JPEG', 0, len(per_frame))


@pytest.fixture
def root(tmp_path):
    write(tmp_path)
    return tmp_path


def test_a_track_runs_from_its_first_frame_to_its_last(root):
    data = ImageNetVID('train', root)
    assert [sequence.name for sequence in data] == ['ILSVRC2015_train_00000000_0', 'ILSVRC2015_train_00000000_1']
    gapped, late = data
    assert gapped.boxes[0].tolist() == [1, 2, 20, 29]
    assert np.isnan(gapped.boxes).all(1).tolist() == [False, False, True, False]
    assert gapped.visible.tolist() == [True, False, False, True]  # the second is occluded, the third a gap
    assert late.frames.where(0).endswith('000001.JPEG')
    assert len(late) == len(late.frames) == 3
    assert late.frames[2].shape == (48, 64, 3)


def test_trainval_is_both(root):
    assert [len(ImageNetVID(split, root)) for split in ('train', 'val', 'trainval')] == [2, 1, 3]


def test_damaged_xml_is_named(root):
    path = next((root / 'ILSVRC2015/Annotations').rglob('000001.xml'))
    for content, message in (('<annotation>', 'not an annotation in XML'),
                             (layouts.voc_xml([(None, BOX, 0)]), 'an object without a trackid'),
                             (path.read_text().replace('xmin', 'left'), 'not an annotation in XML')):
        layouts.write(path, content)
        with pytest.raises(AnnotationError, match=rf'000001.xml .*{message}|000001.xml has {message}'):
            len(ImageNetVID('trainval', root))
