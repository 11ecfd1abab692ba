"""Whatever an annotation file holds, a reader gives sound sequences or a clear error that names it."""

import json
import random

import cv2
import numpy as np
import pytest

from tests.data.datasets import (
    layouts,
    test_imagenet_vid,
    test_images,
    test_nfs,
    test_own,
    test_tabulated,
    test_vot2020,
)
from vtzoo.data import tables
from vtzoo.data.datasets import (
    COCO,
    NFS,
    OTB,
    TNL2K,
    UAV123,
    VOT2020,
    GOT10k,
    ImageNetDET,
    ImageNetVID,
    LaSOT,
    OwnData,
    TrackingNet,
    UAV123At10FPS,
)
from vtzoo.data.images import decode, encoded_size, grey_levels
from vtzoo.data.rows import parse_boxes, parse_numbers
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.utils.names import file_name, show

MUTANTS = [40, pytest.param(500, marks=pytest.mark.slow)]


def own_json(root):
    layouts.frames(root / 'own', '%d.jpg', 0, 3)
    layouts.write(root / 'own/annotations.json', json.dumps(dict(
        videos=[dict(id=1, name='v')], categories=[dict(id=1, name='c')],
        images=[dict(id=i, file_name=f'{i}.jpg', video_id=1, frame_id=i) for i in range(3)],
        annotations=[dict(id=i, image_id=i, bbox=[1, 2, 3, 4], track_id=0, category_id=1) for i in range(3)])))


def own_csv(root):
    layouts.frames(root / 'own/a', '%d.jpg', 0, 3)
    layouts.write(root / 'own/a/boxes.csv', ['frame,x,y,w,h,visible', '0,1,2,3,4,1', '2,5,6,7,8,0'])


def own_video(root):
    test_own.video(root / 'own/a.avi', 4)
    layouts.write(root / 'own/a.txt', ['1,2,3,4'])


def lasot_zip(root):
    layouts.lasot_sequence(root / 'lasot/airplane/airplane-1')
    layouts.zipped(root / 'lasot/airplane', root / 'lasot/airplane.zip')


def tnl2k(root):
    name = tables.names('tnl2k_test')[0]
    layouts.frames(root / 'TNL2K_test_subset' / name / 'imgs', '%05d.jpg', 1, 3)
    layouts.write(root / 'TNL2K_test_subset' / name / 'groundtruth.txt', layouts.rows(3))


def uav10(root):
    layouts.write(root / 'UAV123_10fps/anno/UAV123_10fps/uav6.txt', layouts.rows(37))
    layouts.frames(root / 'UAV123_10fps/data_seq/UAV123_10fps/uav6', '%06d.jpg', 1, 37)


WRITERS = {
    'GOT10k': (lambda root: layouts.got10k(root, train=1), lambda root: [*GOT10k('train', root)],
               'GOT-10k_Train_000001/*.[tli]*'),
    'GOT10k list': (lambda root: layouts.got10k(root, train=1), lambda root: [*GOT10k('train', root)],
                    'train/list.txt'),
    'LaSOT': (lambda root: layouts.lasot_sequence(root / 'lasot/airplane/airplane-1', outside=(2,)),
              lambda root: LaSOT('test', root).read('airplane-1'), 'airplane-1/*.txt'),
    'TrackingNet': (lambda root: layouts.trackingnet_sequence(root / 'trackingnet/TRAIN_0', 'a_0'),
                    lambda root: [*TrackingNet('train', root, chunks=[0])], 'anno/a_0.txt'),
    'TrackingNet archive': (
        lambda root: layouts.trackingnet_sequence(root / 'trackingnet/TRAIN_0', 'a_0', zipped_up=True),
        lambda root: [*TrackingNet('train', root, chunks=[0])], 'zips/a_0.zip'),
    'COCO': (lambda root: test_images.coco(root / 'coco'), lambda root: [*COCO('train', root)], 'instances_*.json'),
    'ImageNetDET': (lambda root: test_images.det(root / 'ILSVRC'), lambda root: [*ImageNetDET('train', root)], '*.xml'),
    'ImageNetVID': (lambda root: test_imagenet_vid.write(root), lambda root: [*ImageNetVID('train', root)], '*.xml'),
    'OTB': (lambda root: test_tabulated.otb(root / 'otb', 'Deer', '\t'), lambda root: OTB('otb100', root).read('Deer'),
            'groundtruth_rect.txt'),
    'UAV123': (lambda root: test_tabulated.uav(root / 'uav', 'uav123', 'car11', absent=(5,)),
               lambda root: UAV123(root=root).read('car11'), 'car11.txt'),
    'NFS': (lambda root: test_nfs.original(root / 'nfs'), lambda root: NFS('nfs30', root).read(test_nfs.NAME),
            f'30/{test_nfs.NAME}.txt'),
    'VOT2020': (lambda root: test_vot2020.write(root), lambda root: [*VOT2020(root=root)], 'agility/[!c]*'),
    'own text': (own_csv, lambda root: [*OwnData(root=root)], 'boxes.csv'),
    'own video': (own_video, lambda root: [*OwnData(root=root)], 'a.avi'),
    'LaSOT archive': (lasot_zip, lambda root: LaSOT('test', root).read('airplane-1'), 'airplane.zip'),
    'TNL2K': (tnl2k, lambda root: TNL2K('test', root).read(TNL2K('test', root).videos[0]), 'groundtruth.txt'),
    'UAV123_10fps': (uav10, lambda root: UAV123At10FPS(root=root).read('uav6'), 'uav6.txt'),
    'own JSON': (own_json, lambda root: [*OwnData(root=root)], 'annotations.json'),
}


def mutated(data, rng):
    """A file after a disk, an editor or a script has been at it."""
    data = bytearray(data)
    lines = bytes(data).split(b'\n')
    place = rng.randrange(len(data) or 1)
    kind = rng.randrange(9)
    if kind == 0:
        return bytes(data[:place])
    if kind == 1:
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 2:
        del lines[rng.randrange(len(lines))]
        return b'\n'.join(lines)
    elif kind == 3:
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
        return b'\n'.join(lines)
    elif kind == 4:
        data[place:place] = rng.choice([b'nan', b'inf', b'-1e400', b'\0\0\0', b'1_0', b'\xff\xfe', '١'.encode(), b'"',
                                        b'<!', b'null', b',,', b'\r', b'[[', b'99999999999', b'%', b'=', b'-', b'm'])
    elif kind == 5:
        data[place:place + rng.randrange(1, 30)] = b''
    elif kind == 6:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(80)))
    elif kind == 7:
        digits = [i for i, byte in enumerate(data) if 48 <= byte < 58]
        for i in rng.sample(digits, min(3, len(digits))):
            data[i] = rng.choice(b'0123456789-.xn')
    else:
        rng.shuffle(lines)
        return b'\n'.join(lines)
    return bytes(data)


def attempt(function, *args):
    """-> the result, or the clear error."""
    try:
        return function(*args), None
    except (AnnotationError, FrameError) as error:
        return (), error


@pytest.mark.filterwarnings('ignore::UserWarning')
@pytest.mark.parametrize('mutants', MUTANTS)
@pytest.mark.parametrize('name', WRITERS)
def test_mutated_annotations_are_read_or_named(tmp_path, name, mutants):
    write, read, pattern = WRITERS[name]
    write(tmp_path)
    assert read(tmp_path)
    files = sorted(path for path in tmp_path.rglob(pattern) if path.is_file())
    originals = {path: path.read_bytes() for path in files}
    rng, errors = random.Random(name), 0
    for _ in range(mutants):
        path = rng.choice(files)
        path.write_bytes(mutated(originals[path], rng))
        sequences, error = attempt(read, tmp_path)
        if error is not None:
            errors += 1
            assert isinstance(error, AnnotationError), repr(error)
            assert path.name in str(error) or path.parent.name in str(error), (path, error)
        for sequence in sequences:
            count = len(sequence)
            assert sequence.boxes.shape == (count, 4)
            assert sequence.boxes.dtype == np.float64
            assert len(sequence.frames) == len(sequence.visible) == count
            assert (np.abs(sequence.boxes[sequence.visible]) < 1e7).all()
            attempt(sequence.frames.read, 0)
        path.write_bytes(originals[path])
    assert errors > mutants // 10  # the mutants do hurt


PICTURES = {
    **{kind: layouts.picture(3, extension=kind) for kind in ('.jpg', '.png', '.bmp', '.webp', '.tif', '.ppm')},
    'progressive': cv2.imencode('.jpg', np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3), [
        cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes(),
}


@pytest.mark.parametrize('mutants', MUTANTS)
@pytest.mark.parametrize('kind', PICTURES)
def test_mutated_pictures_are_pictures_or_named(kind, mutants, monkeypatch):
    monkeypatch.setenv('VTZOO_MAX_MEGAPIXELS', '1')  # a mutated header may ask for gigabytes
    rng = random.Random(kind)
    for number in range(mutants):
        data = mutated(PICTURES[kind], rng)
        image, error = attempt(decode, data, f'p/{number}', 1, None, number % 2 == 0)
        if error is None:
            assert image.dtype == np.uint8
            assert image.ndim == 3
            assert image.shape[2] == 3
            assert attempt(encoded_size, data, 'p')[0] == image.shape[1::-1]
        else:
            assert f'p/{number}' in str(error)
        attempt(grey_levels, data, 'p')


TEXTS = ('1,2,3,4\n5,6,7,8\n', '1;2;3;4\n\n5;6;7;8', '# x,y,w,h,score\n1,2,3,4,0.5\n',
         'frame,x,y,w,h,visible\n0,1,2,3,4,1\n',
         '[1, 2, 3, 4]\n[5, 6, 7, 8]', '1,2,4,2,4,6,1,6', 'x\ty\tw\th\n1\t2\t3\t4', 'NaN NaN NaN NaN\n1 2 3 4')


@pytest.mark.parametrize('mutants', MUTANTS)
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
def test_mutated_rows_are_rows_or_named(encoding, mutants):
    rng = random.Random(encoding)
    for _ in range(mutants):
        text = mutated(rng.choice(TEXTS).encode(encoding), rng)
        found, error = attempt(parse_boxes, text, 'dir/f.txt', rng.choice([None, 1, 2, 3]))
        if error is None:
            assert found.boxes.shape == (len(found.boxes), 4)
            assert found.boxes.dtype == np.float64
            for column in (found.scores, found.frames, found.visible, found.lines):
                assert column is None or len(column) == len(found.boxes)
        else:
            assert str(error).startswith('dir/f.txt ')
            assert '\n' not in str(error)
        attempt(parse_numbers, text, 'f', rng.choice([None, 1, 4]))


@pytest.mark.parametrize('mutants', MUTANTS)
def test_mutated_names_are_safe(tmp_path, mutants):
    rng = random.Random(5)
    for _ in range(mutants):
        name = mutated(b'GOT-10k_Val_000001/../con.txt', rng).decode('utf-8', 'surrogateescape')
        for where in ('screen', 'markdown', 'csv'):
            assert show(name, where).isprintable()
        if name:
            assert (tmp_path / file_name(name)).parent == tmp_path
            (tmp_path / file_name(name)).touch()
