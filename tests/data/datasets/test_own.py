"""Your own data: frames and boxes, in the forms people have them."""

import json

import cv2
import numpy as np
import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import OwnData
from vtzoo.data.sequence import AnnotationError, FrameError


def video(path, count=6, size=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, size)
    for i in range(count):
        writer.write(np.full((*size[::-1], 3), 40 * i % 256, np.uint8))
    writer.release()


def test_folders_and_videos_with_text(tmp_path):
    home = tmp_path / 'own'
    layouts.frames(home / 'cup', '%d.png', 9, 3)  # 9, 10, 11
    layouts.write(home / 'cup/groundtruth.txt', ['1 2 3 4', 'nan nan nan nan', '5;6;7;8'])
    layouts.frames(home / 'dog/img', '%05d.jpg', 0, 2)
    layouts.write(home / 'dog.txt', layouts.rows(2, '\t'))
    video(home / 'street.avi')
    layouts.write(home / 'street.txt', layouts.rows(6))
    data = OwnData(root=tmp_path)
    assert [sequence.name for sequence in data] == ['cup', 'dog', 'street']
    cup, dog, street = data
    assert cup.visible.tolist() == [True, False, True]
    assert [cup.frames.where(i).rpartition('/')[2] for i in range(3)] == ['9.png', '10.png', '11.png']
    assert dog.boxes[1].tolist() == [6, 6, 20, 15]
    assert [round(street.frames[i].mean() / 40) for i in (5, 0, 3, 3)] == [5, 0, 3, 3]
    assert street.frames.size(0) == (64, 48)
    assert street.frames.read(2, reduce=2).shape == (24, 32, 3)


def test_a_header_names_columns_and_frames_may_be_few(tmp_path):
    layouts.frames(tmp_path / 'mine/a', '%d.jpg', 0, 4)
    layouts.write(tmp_path / 'mine/a/boxes.csv', ['label,frame,x,y,w,h,visible', 'cat,3,1,2,3,4,1', 'cat,1,5,6,7,8,0',
                                                  'cat,0,,,,,1'])
    (sequence,) = OwnData(root=tmp_path, folder='mine')
    assert sequence.boxes[[1, 3]].tolist() == [[5, 6, 7, 8], [1, 2, 3, 4]]
    assert np.isnan(sequence.boxes[[0, 2]]).all()
    assert sequence.visible.tolist() == [False, False, False, True]


def test_frames_that_count_from_1_and_empty_lines(tmp_path):
    layouts.frames(tmp_path / 'own/a', '%d.jpg', 0, 3)
    path = layouts.write(tmp_path / 'own/a/boxes.csv', ['Frame_ID;Left;Top;Width;Height', '3;1;2;3;4', '1;5;6;7;8'])
    assert OwnData(root=tmp_path)[0].boxes[[0, 2]].tolist() == [[5, 6, 7, 8], [1, 2, 3, 4]]
    layouts.write(path, ['1,2,3,4', '', ''])
    assert OwnData(root=tmp_path)[0].visible.tolist() == [True, False, False]


def test_one_line_is_the_first_box(tmp_path):
    layouts.frames(tmp_path / 'own/a', '%d.jpg', 0, 3)
    layouts.write(tmp_path / 'own/a.csv', ['1,2,3,4'])
    assert OwnData(root=tmp_path)[0].visible.tolist() == [True, False, False]


def test_a_json_of_videos_and_one_of_images(tmp_path):
    layouts.frames(tmp_path / 'own/images/v', '%d.jpg', 0, 3)
    content = dict(
        videos=[dict(id=5, name='v')], categories=[dict(id=1, name='bird')],
        images=[dict(id=i, file_name=f'v/{i}.jpg', video_id=5, frame_id=i) for i in (2, 0, 1)],
        annotations=[dict(id=1, image_id=0, bbox=[1, 2, 3, 4], track_id=7, category_id=1),
                     dict(id=2, image_id=2, bbox=[5, 2, 3, 4], track_id=7, category_id=1),
                     dict(id=3, image_id=1, bbox=[0, 0, 9, 9], track_id=8)])
    path = layouts.write(tmp_path / 'own/annotations.json', json.dumps(content))
    data = OwnData(root=tmp_path)
    assert data.is_video
    assert [sequence.name for sequence in data] == ['v_7', 'v_8']
    assert data[0].visible.tolist() == [True, False, True]
    assert data[0].attributes['category'] == 'bird'
    assert data[0].frames.where(2).endswith('v/2.jpg')
    for image in content['images']:
        del image['video_id']
    for item in content['annotations']:  # as annotation tools export it
        item['attributes'] = dict(track_id=item.pop('track_id'), occluded=False)
    path.write_text(json.dumps(content))
    data = OwnData(root=tmp_path)
    assert [(sequence.name, sequence.visible.tolist()) for sequence in data] == [
        ('v_7', [True, False, True]), ('v_8', [False, True, False])]
    for item, number in zip(content['annotations'], (7, 7, 8), strict=True):
        item.update(id=number, attributes={})
    path.write_text(json.dumps(content))
    data = OwnData(root=tmp_path)
    assert not data.is_video
    assert sorted(sequence.name for sequence in data) == ['v_0_7', 'v_1_8', 'v_2_7']


def test_splits_are_folders(tmp_path):
    for split in ('train', 'test'):
        layouts.frames(tmp_path / f'own/{split}/a', '%d.jpg', 0, 2)
        layouts.write(tmp_path / f'own/{split}/a.txt', layouts.rows(2))
    assert len(OwnData('train', tmp_path)) == 1
    with pytest.raises(FileNotFoundError, match="own is split in folders: use split='train'"):
        OwnData(root=tmp_path)
    with pytest.raises(FileNotFoundError, match='own/val'):
        OwnData('val', tmp_path)


@pytest.mark.parametrize(('lines', 'message'), [
    (layouts.rows(2), '2 boxes for 3 frames'),
    (['frame,x,y,w,h', '4,1,2,3,4'], r"line 2 names frame 4 .*: expected whole numbers 0..2, or 1..3"),
    (['frame,x,y,w,h', '1,1,2,3,4', '2,1,2,3,4'], 'it may count from 0 or from 1'),
    (['frame,x,y,w,h', '0,1,2,3,4', '0,1,2,3,4'], "has frame 0 in its column 'frame' in lines 2 and 3"),
    (['x,y,w,h,visible', '1,2,3,4,'], "expected a value in the column 'visible'"),
    (['0.19,0.13,0.13,0.24'] * 3, 'has boxes in fractions of the image, such as 0.19,0.13,0.13,0.24'),
    (['x,y,w,h', '1,2,three,4'], "line 2 is '1,2,three,4': expected below its header, numbers"),
    (None, 'a has no boxes; looked for')])
def test_what_does_not_fit_is_named(tmp_path, lines, message):
    layouts.frames(tmp_path / 'own/a', '%d.jpg', 0, 3)
    if lines:
        layouts.write(tmp_path / 'own/a/boxes.txt', lines)
    with pytest.raises(AnnotationError, match=message):
        OwnData(root=tmp_path)[0]


def test_a_video_that_is_none_and_one_that_ends_early(tmp_path):
    layouts.write(tmp_path / 'own/a.mp4', b'not a video')
    layouts.write(tmp_path / 'own/a.txt', layouts.rows(2))
    with pytest.raises(AnnotationError, match=r'a.mp4 is not a video'):
        OwnData(root=tmp_path)[0]
    (tmp_path / 'own/a.mp4').unlink()
    video(tmp_path / 'own/a.avi', 2)
    frames = OwnData(root=tmp_path)[0].frames
    frames.count = 3
    with pytest.raises(FrameError, match=r'frame 2 of .*a.avi cannot be decoded'):
        frames[2]
    assert frames[1].mean() > frames[0].mean()


def test_a_json_with_odd_entries(tmp_path):
    """Null and empty boxes, images nobody annotated, annotations of no image, text ids, unpadded names."""
    images = [dict(id=f'{i}', file_name=f'clip/{i}.jpg', video_id='a') for i in (10, 9, 1)]
    boxes = {10: [1, 2, 3, 4], 9: None, 1: [5, 6, 7, 8], 77: [0, 0, 1, 1]}
    content = dict(images=images, videos=[dict(id='a', name='clip')], annotations=[
        dict(id=i, image_id=i, bbox=box, attributes=dict(track_id='t')) for i, box in boxes.items()])
    content['annotations'].append(dict(id=1, image_id='9', bbox=[], track_id='t'))
    path = layouts.write(tmp_path / 'own/annotations.json', json.dumps(content))
    layouts.frames(tmp_path / 'own/clip', '%d.jpg', 1, 10)
    with pytest.warns(UserWarning, match='1 of 5 annotations are of images that are not listed'):
        (sequence,) = OwnData(root=tmp_path)
    assert [sequence.frames.where(i).rpartition('/')[2] for i in range(3)] == ['1.jpg', '9.jpg', '10.jpg']
    assert sequence.visible.tolist() == [True, False, True]
    assert sequence.attributes['objects'].tolist() == [1, 1, 1]
    for change, message in ((dict(bbox=[1, 2, 3]), 'expected \\[x, y, w, h\\]'), (dict(bbox='abcd'), 'expected'),
                            (dict(image_id=1), 'two boxes of track t in clip/1.jpg')):
        broken = [*content['annotations'][:3], dict(content['annotations'][0], **change)]
        path.write_text(json.dumps(dict(content, annotations=broken)))
        with pytest.raises(AnnotationError, match=message):
            OwnData(root=tmp_path).read('clip')
    for name in ('../../secret.jpg', '/etc/passwd', 'C:\\x.jpg', None):
        bad = [dict(id=5, file_name=name), *images]
        path.write_text(json.dumps(dict(content, images=bad, annotations=content['annotations'][:3])))
        data = OwnData(root=tmp_path)
        assert len(data.read('clip')) == 1  # one bad image spoils no other
        with pytest.raises(AnnotationError, match='not a path inside its folder'):
            [data.read(video) for video in data.videos]


def test_frames_of_two_videos_in_one_folder(tmp_path):
    names = [f'{video}_{i}.png' for video in ('a', 'b') for i in (2, 10, 1)]
    content = dict(images=[dict(id=i, file_name=name) for i, name in enumerate(names)], annotations=[
        dict(id=i, image_id=i, bbox=[i, 1, 2, 3], attributes=dict(track_id=5)) for i in range(6)])
    layouts.write(tmp_path / 'own/annotations.json', json.dumps(content))
    data = OwnData(root=tmp_path)
    assert [(sequence.name, sequence.boxes[:, 0].tolist()) for sequence in data] == [
        ('a_5', [2, 0, 1]), ('b_5', [5, 3, 4])]


@pytest.mark.parametrize('suffix', ['.AVI', '.webm', '.mpg', '.m4v'])
def test_what_plays_is_read_whatever_the_header_says(tmp_path, suffix):
    path = tmp_path / f'own/a{suffix}'
    path.parent.mkdir()
    codec = {'.AVI': 'MJPG', '.webm': 'VP80', '.mpg': 'PIM1', '.m4v': 'mp4v'}[suffix]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 25, (64, 48))
    if not writer.isOpened():
        pytest.skip(f'this OpenCV writes no {codec}')
    for i in range(12):
        writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
    writer.release()
    layouts.write(tmp_path / 'own/a.TXT', layouts.rows(12))
    (sequence,) = OwnData(root=tmp_path)
    assert len(sequence.frames) == 12
    assert sequence.frames[11].mean() > sequence.frames[1].mean() + 50


def test_a_video_shorter_than_it_says_is_read_and_said(tmp_path):
    path = tmp_path / 'own/a.avi'
    path.parent.mkdir()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for i in range(12):
        writer.write(np.random.default_rng(i).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 6 // 10])
    layouts.write(tmp_path / 'own/a.txt', ['1,2,3,4'])
    with pytest.warns(UserWarning, match=r'a.avi says it has 12 frames, but \d play'):
        (sequence,) = OwnData(root=tmp_path)
    assert 0 < len(sequence.frames) < 12
    assert sequence.frames[len(sequence.frames) - 1].shape == (48, 64, 3)


def test_files_that_are_no_data_are_passed_over(tmp_path):
    layouts.frames(tmp_path / 'own/a', '%d.JPG', 8, 3)
    layouts.write(tmp_path / 'own/a/boxes.txt', layouts.rows(3))
    for name in ('._a', '__MACOSX/x.jpg', '.ipynb_checkpoints/x.jpg', '.DS_Store', 'Thumbs.db', '._clip.mp4',
                 'a/._8.JPG', 'a/.DS_Store', 'a/Thumbs.db'):
        layouts.write(tmp_path / 'own' / name, b'junk')
    (sequence,) = OwnData(root=tmp_path)
    assert [sequence.frames.where(i).rpartition('/')[2] for i in range(3)] == ['8.JPG', '9.JPG', '10.JPG']


@pytest.mark.parametrize(('name', 'images'), [
    ('annotations.json', 'images'), ('annotations/instances_default.json', 'images'),
    ('annotations/instances_default.json', 'images/default'), ('_annotations.coco.json', '.')])
def test_a_json_where_tools_put_it(tmp_path, name, images):
    content = dict(images=[dict(id=i, file_name=f'frame_{i:06d}.jpg') for i in range(12)], annotations=[
        dict(id=i, image_id=i, bbox=[i, 1, 2, 3], attributes=dict(track_id=0, occluded=False)) for i in range(12)])
    layouts.write(tmp_path / 'own' / name, json.dumps(content))
    layouts.frames(tmp_path / 'own' / images, 'frame_%06d.jpg', 0, 12)
    (sequence,) = OwnData(root=tmp_path)  # one target of 12 frames
    assert sequence.name == 'frame_0'
    assert sequence.visible.all()
    assert sequence.frames[11].shape == (48, 64, 3)


def test_targets_whose_names_would_be_the_same_stay_apart(tmp_path):
    content = dict(
        videos=[dict(id=1, name='a_1'), dict(id=2, name='a')],
        images=[dict(id=i, file_name=f'{i}.jpg', video_id=i) for i in (1, 2)],
        annotations=[dict(id=1, image_id=1, bbox=[1, 2, 3, 4], track_id=2),
                     dict(id=2, image_id=2, bbox=[1, 2, 3, 4], track_id='1_2')])
    layouts.write(tmp_path / 'own/annotations.json', json.dumps(content))
    assert {sequence.name for sequence in OwnData(root=tmp_path)} == {'a_1%2F2', 'a%2F1_2'}


def test_frames_in_two_places_are_refused(tmp_path):
    video(tmp_path / 'own/a.avi')
    layouts.frames(tmp_path / 'own/a/img', '%d.jpg', 0, 6)
    layouts.write(tmp_path / 'own/a.txt', layouts.rows(6))
    with pytest.raises(AnnotationError, match=r'a has frames in .*a.avi and in .*a/img: keep one of them'):
        OwnData(root=tmp_path)[0]
    (tmp_path / 'own/a.avi').unlink()
    assert OwnData(root=tmp_path)[0].attributes['objects'].tolist() == [1] * 6
