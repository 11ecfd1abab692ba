"""What each kind of frame, video and annotation gives when `vtzoo data check` and a reader meet it.

Every case makes its own input. The data folder is the same before and after, refused or not.
"""

import io
import json
import os
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.data.datasets import layouts
from vtzoo.cli import main
from vtzoo.data.datasets import OwnData
from vtzoo.data.images import decode, encoded_size
from vtzoo.data.sequence import AnnotationError, FolderFrames, FrameError

END = b'\xff\xd9'


def scene(seed=0, size=(96, 72)):
    noise = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return cv2.resize(noise, size, interpolation=cv2.INTER_NEAREST)


def jpeg(seed=0, **options):
    flags = [part for name, value in options.items() for part in (getattr(cv2, f'IMWRITE_JPEG_{name}'), value)]
    return cv2.imencode('.jpg', scene(seed), flags)[1].tobytes()


def encoded(extension, image=None):
    return cv2.imencode(extension, scene() if image is None else image)[1].tobytes()


def with_exif(orientation, extension='JPEG'):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(scene()).save(file, extension, exif=exif)
    return file.getvalue()


JPEG, LONG = jpeg(), jpeg(PROGRESSIVE=1)
THERMAL = scene()[..., 0].astype(np.uint16) + 7000
MOTION = JPEG + b'\0\0\0\x18ftypmp42' + bytes(range(256)) * 20 + b'\xff\xda' + bytes(100)
WHOLE = {
    'JPEG': JPEG,
    'progressive JPEG': LONG,
    'grey JPEG': encoded('.jpg', scene()[..., 0]),
    'PNG': encoded('.png'),
    'PNG with alpha': encoded('.png', np.dstack([scene(), scene()[..., 0]])),
    'BMP': encoded('.bmp'),
    'TIFF': encoded('.tif'),
    'WebP': encoded('.webp'),
    'PPM': encoded('.ppm'),
    'PGM': encoded('.pgm', scene()[..., 0]),
    'JPEG without end mark': JPEG[:-2],
    'progressive JPEG without end mark': LONG[:-2],
    'JPEG with bytes behind it': JPEG + b'some more',
    'JPEG with zeros behind it': JPEG + bytes(5000),
    'motion photo': MOTION,
    'PNG without end': encoded('.png')[:-12],
    'PNG with bytes behind it': encoded('.png') + b'x' * 99,
    'JPEG with a thumbnail': JPEG[:2] + b'\xff\xe1' + struct.pack('>H', len(JPEG) + 2) + JPEG + JPEG[2:],
    '16-bit grey PNG': encoded('.png', THERMAL),
    '16-bit grey TIFF': encoded('.tif', THERMAL),
    '16-bit colour PNG': encoded('.png', scene().astype(np.uint16) * 257),
}
BROKEN = {
    'empty': (b'', 'is empty'),
    'text': (b'hello', 'is not a readable image'),
    'JPEG half': (JPEG[: len(JPEG) // 2], 'is cut off'),
    'JPEG without its last bytes': (JPEG[:-6], 'is cut off'),
    'progressive JPEG half': (LONG[: len(LONG) // 2], 'is cut off'),
    'JPEG cut and closed': (JPEG[: len(JPEG) // 2] + END, 'is cut off'),
    'progressive JPEG cut and closed': (LONG[: len(LONG) * 4 // 5] + END, 'is cut off'),
    'JPEG filled up with zeros': (JPEG[: len(JPEG) // 2] + bytes(len(JPEG) // 2), 'is cut off'),
    'motion photo cut in the picture': (JPEG[:-40] + MOTION[len(JPEG) :], 'is cut off'),
    'PNG half': (encoded('.png')[: len(encoded('.png')) // 2], 'is cut off'),
    'header alone': (JPEG[:2], 'is not a readable'),
    'GIF': (b'GIF89a' + bytes(100), 'is not a readable image'),
    'float TIFF': (encoded('.tif', scene()[..., 0].astype(np.float32)), 'float32'),
    'web page': (b'<!DOCTYPE html><html>', 'is not a readable image'),
}


@pytest.mark.parametrize('data', WHOLE.values(), ids=WHOLE)
def test_whole_pictures_are_read(data):
    for thorough in (False, True):
        image = decode(data, 'x', thorough=thorough)
        assert image.shape == (72, 96, 3)
        assert image.dtype == np.uint8
        assert len(np.unique(image)) > 20
        assert decode(data, 'x', 8, thorough=thorough).shape == (9, 12, 3)
    assert encoded_size(data, 'x') == (96, 72)
    if data[:2] == JPEG[:2] and data != WHOLE['grey JPEG']:
        whole = LONG if b'\xff\xc2' in data else JPEG
        np.testing.assert_array_equal(decode(data, 'x'), decode(whole, 'x'))


@pytest.mark.parametrize(('data', 'message'), BROKEN.values(), ids=BROKEN)
def test_broken_pictures_are_named(data, message):
    with pytest.raises(FrameError, match=f'a/1.jpg .*{message}'):
        decode(data, 'a/1.jpg', thorough=True)


@pytest.mark.parametrize('extension', ['JPEG', 'PNG', 'TIFF'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_pictures_are_turned_as_they_say(orientation, extension):
    data = with_exif(orientation, extension)
    turned = decode(data, 'x')
    corner = [(0, 0), (0, -1), (-1, -1), (-1, 0)][(orientation - 1) % 4]
    assert np.abs(turned[corner].astype(int) - scene()[0, 0]).max() < 25
    assert turned.shape == ((72, 96, 3) if orientation < 5 else (96, 72, 3))
    assert encoded_size(data, 'x') == turned.shape[1::-1]
    assert decode(data, 'x', 8).shape == ((9, 12, 3) if orientation < 5 else (12, 9, 3))


def test_sixteen_bits_are_scaled_by_the_first_frame(tmp_path):
    """The same value is the same grey in every frame of a video, whatever else a frame shows."""
    cold, hot = THERMAL.copy(), THERMAL.copy()
    hot[:20, :20] = 60000
    for i, image in enumerate((cold, hot)):
        layouts.write(tmp_path / f'{i}.png', encoded('.png', image))
    frames = FolderFrames(tmp_path, ['0.png', '1.png'])
    assert len(np.unique(frames[0])) > 70  # 3 by taking the upper byte
    np.testing.assert_array_equal(frames[1][20:], frames[0][20:])
    assert (frames[1][:20, :20] == 255).all()
    low, high = np.quantile(cold, [0.001, 0.999])
    expected = (7100 - (low - (high - low) / 5)) / ((high - low) * 1.4) * 255
    layouts.write(tmp_path / '1.png', encoded('.png', np.full_like(cold, 7100)))
    assert abs(int(frames[1][0, 0, 0]) - expected) <= 0.5
    colour = scene().astype(np.uint16) * 257
    np.testing.assert_array_equal(decode(encoded('.png', colour), 'x'), scene()[..., ::-1])
    for flat in (0, 65535):
        assert (decode(encoded('.png', np.full((8, 8), flat, np.uint16)), 'x') == flat // 257).all()


def snapshot(folder):
    """Every file with its contents and time, links as links."""
    found = {}
    for home, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(home, name)
            content = open(path, 'rb').read() if os.path.isfile(path) else None  # noqa: SIM115
            found[path] = (content, os.lstat(path).st_mtime_ns)
    return found


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A sound folder of four frames; gives the root, and a check that leaves it as it was."""
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))
    monkeypatch.chdir(tmp_path)
    root = tmp_path / 'sets'
    for i in range(4):
        layouts.write(root / f'own/a/{i}.jpg', jpeg(i))
    layouts.write(root / 'own/a.txt', layouts.rows(4))

    def check():
        before = snapshot(root)
        code = main(['data', 'check', str(root), '--workers', '1'])
        assert snapshot(root) == before
        with open('data_check.json') as file:
            return code, json.load(file)['splits']['own/all']

    return root / 'own', check


@pytest.mark.parametrize('name', BROKEN)
def test_a_check_names_the_broken_frame_and_changes_nothing(own, name):
    home, check = own
    layouts.write(home / 'a/2.jpg', BROKEN[name][0])
    code, split = check()
    assert code == 1
    (fault,) = split['faults']['a']
    assert (fault['kind'], fault['frames']) == ('corrupt frame', [2])
    assert 'a/2.jpg' in fault['message']


ANNOTATIONS = {
    'sound': (layouts.rows(4), None),
    'semicolons and a header': (['x;y;w;h', *layouts.rows(4, ';')], None),
    'empty lines': (['1,2,3,4', '', '', '5,6,7,8'], None),
    'first box only': (['1,2,3,4'], None),
    'results of `vtzoo demo`': (['# x,y,w,h,score', *(row + ',0.5' for row in layouts.rows(4))], None),
    'frames from 1': (['frame,x,y,w,h', '4,1,2,3,4', '1,5,6,7,8'], None),
    'too few': (layouts.rows(3), '3 boxes for 4 frames'),
    'fractions': (['0.2,0.1,0.1,0.2'] * 4, 'fractions of the image'),
    'frames unclear': (['frame,x,y,w,h', '1,1,2,3,4', '2,1,2,3,4'], 'count from 0 or from 1'),
    'a frame twice': (['frame,x,y,w,h', '0,1,2,3,4', '0,1,2,3,4'], 'expected one line a frame'),
    'visible empty': (['x,y,w,h,visible', '1,2,3,4,', *['1,2,3,4,1'] * 3], "a value in the column 'visible'"),
    'decimal commas': (['1,5;2,5;3,5;4,5'] * 4, 'expected one separator'),
    'binary': (b'\0\1\2', 'not a text file'),
    'YOLO': (['0 0.5 0.5 0.1 0.2'] * 4, 'other columns need a header'),
    'none': (None, 'has no boxes; looked for'),
    'a web page': ('<html>', 'expected x,y,w,h'),
    'empty': ('', 'is empty'),
}


@pytest.mark.parametrize(('content', 'message'), ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_annotations(own, content, message):
    home, check = own
    (home / 'a.txt').unlink()
    if content is not None:
        layouts.write(home / 'a.txt', content)
    code, split = check()
    assert code == (0 if message is None else 1), split
    if message:
        (fault,) = split['faults']['a']
        assert fault['kind'] == 'unreadable or wrong count'
        assert message in fault['message']
        assert str(home / 'a') in fault['message'] or 'a has no boxes' in fault['message']


def film(path, codec='MJPG', count=12):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 25, (96, 72))
    for i in range(count):
        writer.write(scene(i))
    writer.release()
    return path


@pytest.mark.parametrize(
    ('name', 'codec'),
    [('a.avi', 'MJPG'), ('a.MP4', 'mp4v'), ('a.m4v', 'mp4v'), ('a.mkv', 'mp4v'), ('a.webm', 'VP80'), ('a.mpg', 'PIM1')],
)
def test_videos(own, name, codec):
    home, check = own
    for path in [*(home / 'a').iterdir(), home / 'a']:
        path.unlink() if path.is_file() else path.rmdir()
    if not film(home / name, codec).exists():
        pytest.skip(f'this OpenCV writes no {codec}')
    layouts.write(home / 'a.txt', layouts.rows(12))
    assert check()[0] == 0
    (sequence,) = OwnData(root=home.parent)
    assert len(sequence.frames) == 12
    for index in (11, 0, 5):
        assert np.abs(sequence.frames[index].astype(int) - scene(index)[..., ::-1]).mean() < 40


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'not a video', 'is not a video that OpenCV can read'),
        (b'', 'is not a video'),
        (jpeg(), '12 boxes for 1 frames'),
    ],
)
def test_what_is_no_video(own, content, message):
    home, check = own
    layouts.write(home / 'b.mp4', content)
    layouts.write(home / 'b.txt', layouts.rows(12))
    code, split = check()
    assert code == 1
    assert message in split['faults']['b'][0]['message']
    assert 'a' not in split['faults']


def test_a_video_cut_off_is_noted(own):
    home, check = own
    data = film(home / 'b.avi').read_bytes()
    layouts.write(home / 'b.avi', data[: len(data) * 6 // 10])
    layouts.write(home / 'b.txt', ['1,2,3,4'])
    with pytest.warns(UserWarning, match='says it has 12 frames, but'):
        _, split = check()
    assert 'frames that a video says it has and that do not play' in split['notes']
    layouts.write(home / 'b.txt', layouts.rows(12))
    with pytest.raises(AnnotationError, match='12 boxes for'):
        OwnData(root=home.parent).read('b')
