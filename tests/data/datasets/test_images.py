"""COCO and ImageNet DET: an object is a sequence of one frame."""

import json

import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import COCO, ImageNetDET
from vtzoo.data.sequence import AnnotationError


def coco(folder, images='train2017'):
    layouts.frames(folder / images, '%012d.jpg', 9, 3)
    layouts.write(folder / 'annotations/instances_train2017.json', json.dumps(dict(
        images=[dict(id=i, file_name=f'{i:012d}.jpg', width=64, height=48) for i in (9, 10, 11)],
        categories=[dict(id=18, name='dog')],
        annotations=[
            dict(id=1, image_id=9, category_id=18, bbox=[1.5, 2.25, 60, 40], iscrowd=0),
            dict(id=2, image_id=9, category_id=18, bbox=[0, 0, 3.5, 4], iscrowd=0),
            dict(id=3, image_id=10, category_id=18, bbox=[0, 0, 9, 9], iscrowd=1),
            dict(id=4, image_id=11, category_id=18, bbox=[5, 5, 0, 7], iscrowd=0)])))


@pytest.mark.parametrize('images', ['train2017', 'images/train2017'])
def test_coco_gives_every_object_but_crowds(tmp_path, images):
    coco(tmp_path / 'coco', images)
    data = COCO('train', tmp_path)
    assert not data.is_video
    assert [sequence.name for sequence in data] == ['000000000009_1', '000000000009_2', '000000000011_4']
    assert data[0].boxes.tolist() == [[1.5, 2.25, 60, 40]]
    assert [sequence.visible.tolist() for sequence in data] == [[True], [True], [False]]
    assert [sequence.attributes['objects'].tolist() for sequence in data] == [[2], [2], [1]]
    assert data[1].attributes['category'] == 'dog'
    assert data[1].frames[0].shape == (48, 64, 3)


def test_coco_is_read_from_its_archive(tmp_path):
    coco(tmp_path / 'coco')
    before = COCO('train', tmp_path)[0].frames[0]
    layouts.zipped(tmp_path / 'coco/train2017', tmp_path / 'coco/train2017.zip', top='train2017')
    np.testing.assert_array_equal(COCO('train', tmp_path)[0].frames[0], before)


def test_coco_says_what_is_missing(tmp_path):
    coco(tmp_path / 'coco')
    with pytest.raises(FileNotFoundError, match=r'instances_val2017.json'):
        COCO('val', tmp_path)
    layouts.write(tmp_path / 'coco/annotations/instances_train2017.json', '{"images": [], "annotations": [{}]}')
    with pytest.raises(AnnotationError, match=r'instances_train2017.json is not a COCO annotation \(KeyError'):
        len(COCO('train', tmp_path))


def det(folder):
    two = [(None, (0, 0, 9, 19), 0), (None, (5, 5, 5, 5), 0)]
    for inner, stem, objects in (
            ('train/ILSVRC2013_train/n00007846', 'n00007846_103856', two),
            ('train/ILSVRC2014_train_0000', 'ILSVRC2014_train_00000001', [(None, (1, 2, 30, 40), 0)]),
            ('train/ILSVRC2013_train/n00007846', 'n00007846_2', []),
            ('val', 'ILSVRC2012_val_00000001', [(None, (1, 2, 30, 40), 0)])):
        layouts.write(folder / 'Annotations/DET' / inner / f'{stem}.xml', layouts.voc_xml(objects))
        layouts.write(folder / 'Data/DET' / inner / f'{stem}.JPEG', layouts.picture())
    layouts.write(folder / 'Data/DET/train/ILSVRC2013_train/n00007846/extra.JPEG', layouts.picture())  # no annotation


def test_det_pairs_from_its_annotations(tmp_path):
    det(tmp_path / 'ILSVRC2017_DET')
    (tmp_path / 'ILSVRC2015').mkdir()  # VID's, where it has the usual name
    data = ImageNetDET('train', tmp_path)
    assert [sequence.name for sequence in data] == [
        'n00007846_103856_0', 'n00007846_103856_1', 'ILSVRC2014_train_00000001_0']
    assert data[0].boxes.tolist() == [[0, 0, 10, 20]]
    assert data[1].boxes.tolist() == [[5, 5, 1, 1]]  # both edge pixels count
    assert data[0].attributes['objects'].tolist() == [2]
    assert all(sequence.frames[0].shape == (48, 64, 3) for sequence in data)
    assert len(ImageNetDET('train_2013', tmp_path)) == 2  # what SparseTT's reader finds
    assert len(ImageNetDET('val', tmp_path)) == 1
