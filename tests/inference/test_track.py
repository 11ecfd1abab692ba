"""`vtzoo track`: every way in gives the same boxes, every way out reads back, and nothing is lost or written over."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

import vtzoo
from tests.inference.conftest import BOX, COUNT, write_image, write_video
from vtzoo.data.datasets.own import OwnData
from vtzoo.evaluation.results import ResultFolder
from vtzoo.inference import sources
from vtzoo.inference.follow import USUAL


def rows(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def boxes_of(path):
    return [[float(row[side]) for side in 'xywh'] for row in rows(path)]


@pytest.fixture
def expected(online, images):
    """The boxes of a tracker that is called by hand, with what `track` does about lost targets."""
    tracker = online()
    tracker.recovery = USUAL
    tracker.init(images[0], BOX)
    return [list(BOX), *(list(tracker.track(image).box) for image in images[1:])]


def ways_in(folder, images):
    listed = folder.parent / 'frames.txt'
    listed.write_text('# frames\n' + ''.join(f'seq/img_{i + 6}.png\n' for i in range(COUNT)))
    return {
        'folder': folder, 'glob': f'{folder}/*.png', 'pattern': f'{folder}/img_%d.png', 'list': listed,
        'mkv': write_video(folder.parent / 'a.mkv', images), 'AVI': write_video(folder.parent / 'B.AVI', images)}


def test_every_way_in_gives_the_same_boxes(folder, images, expected, vtzoo_track, tmp_path, monkeypatch):
    (folder / '._img_6.png').write_bytes(b'what a Mac leaves')
    (folder / 'Thumbs.db').write_bytes(b'what Windows leaves')
    for name, source in ways_in(folder, images).items():
        out = tmp_path / f'{name}.csv'
        code, said, _ = vtzoo_track(source, '--out', out)
        assert code == 0, name
        assert f'{COUNT} frames' in said
        assert boxes_of(out) == expected, name
    for pixel_format, turn in (('rgb24', slice(None)), ('bgr24', slice(None, None, -1))):
        raw = b''.join(image[..., turn].tobytes() for image in images)
        monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(io.BytesIO(raw)))
        out = tmp_path / f'{pixel_format}.csv'
        assert vtzoo_track('-', '--size', '96x64', '--pixel-format', pixel_format, '--out', out)[0] == 0
        assert boxes_of(out) == expected


@pytest.mark.slow
def test_a_real_pipe(folder, images, expected, config, weights, tmp_path):
    words = ['track', '-', '--size', '96x64', '--box', '30,20,20,16', '--config', config, '--checkpoint', weights,
             '--out', tmp_path / 'a.jsonl']
    done = subprocess.run([sys.executable, '-m', 'vtzoo', *map(str, words)], capture_output=True,
                          input=b''.join(image.tobytes() for image in images) + b'half a frame')
    assert done.returncode == 1
    assert b'ends within frame 6: 12 of 18432 bytes' in done.stderr
    lines = list(map(json.loads, (tmp_path / 'a.jsonl').read_text().splitlines()))
    assert [line['box'] for line in lines] == expected
    assert lines[1].keys() == {'frame', 'time', 'name', 'box', 'score', 'lost'}


def test_python_gives_the_same_boxes(folder, images, expected, online):
    paths = sorted(folder.glob('*'), key=lambda path: int(path.stem[4:]))
    for source in (str(folder), folder, images, np.stack(images), iter(images), paths, map(str, paths)):
        found = list(vtzoo.track(source, BOX, online()))
        assert [list(one.box) for one in found] == expected
        assert [one.index for one in found] == list(range(COUNT))
        assert (found[0].score, found[0].lost, found[0].region) == (1.0, False, None)
        assert found[2].time == pytest.approx(2 / 30)
        assert np.array_equal(found[3].frame, images[3])
    some = list(vtzoo.track(folder, dict(dog=BOX, cat=(1, 1, 20, 20)), online(), start=1, stride=2, max_frames=2))
    assert [(one.index, one.name) for one in some] == [(1, 'dog'), (1, 'cat'), (3, 'dog'), (3, 'cat')]
    with pytest.raises(ValueError, match=r'in one array are \(N, H, W, 3\), not \(64, 96, 3\)'):
        vtzoo.track(images[0], BOX, online())
    with pytest.raises(ValueError, match='start=-1'):
        vtzoo.track(folder, BOX, online(), start=-1)
    with pytest.raises(ValueError, match='ends before the first frame: it has 6'):
        list(vtzoo.track(folder, BOX, online(), start=99))


def test_demo_is_the_same_command(folder, vtzoo_track, tmp_path):
    code, said, _ = vtzoo_track(folder, '--out', tmp_path / 'out.mp4', command='demo')
    assert code == 0
    assert f'{COUNT} frames' in said
    assert 'out.txt' in said
    assert np.loadtxt(tmp_path / 'out.txt', delimiter=',').shape == (COUNT, 5)
    assert len((tmp_path / 'out_lost.txt').read_text().split()) == COUNT
    video = cv2.VideoCapture(str(tmp_path / 'out.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT


def test_several_targets_in_every_format(folder, vtzoo_track, tmp_path):
    two = ('--box', 'red dog=30,20,20,16', '--box', '-4,5,20,20')
    for kind in ('csv', 'jsonl', 'mot', 'txt', 'got10k'):
        code, *_ = vtzoo_track(folder, *two, '--out', tmp_path / f'{kind}.txt', '--format', kind, box=None)
        assert code == 0
    found = rows(tmp_path / 'csv.txt')
    assert [row['name'] for row in found[:2]] == ['red dog', '2']
    assert {row['lost'] for row in found} <= {'0', '1'}
    mot = np.loadtxt(tmp_path / 'mot.txt', delimiter=',')
    assert mot.shape == (2 * COUNT, 10)
    assert mot[:2, :6].tolist() == [[1, 1, 31, 21, 20, 16], [1, 2, -3, 6, 20, 20]]
    assert np.loadtxt(tmp_path / 'got10k_red dog.txt', delimiter=',').shape == (COUNT, 4)
    assert np.loadtxt(tmp_path / 'txt_2.txt', delimiter=',')[0].tolist() == [-4, 5, 20, 20, 1]
    assert len((tmp_path / 'txt_2_lost.txt').read_text().split()) == COUNT


def test_results_read_back(folder, vtzoo_track, tmp_path, expected):
    """As results by `report`, and as boxes of one's own data."""
    home = tmp_path / 'own'
    home.mkdir()
    shutil.copytree(folder, home / 'dog')
    for kind in ('txt', 'got10k'):
        out = tmp_path / kind / 'dog.txt'
        assert vtzoo_track(home / 'dog', '--out', out, '--format', kind)[0] == 0
        np.testing.assert_array_equal(ResultFolder(tmp_path / kind).boxes('dog'), [expected])
    for suffix in ('csv', 'txt'):
        boxes = home / f'dog.{suffix}'
        assert vtzoo_track(home / 'dog', '--out', boxes)[0] == 0
        sequence = OwnData(root=tmp_path)[0]
        np.testing.assert_array_equal(sequence.boxes, expected)
        boxes.unlink()


def test_boxes_from_a_file(folder, vtzoo_track, tmp_path):
    given = {'boxes.txt': '30,20,20,16\n1 2 30 30\n', 'boxes.json': '{"dog": [30, 20, 20, 16], "cat": [1, 2, 30, 30]}',
             'boxes.csv': 'frame,x,y,w,h\n0,30,20,20,16\n0,1,2,30,30\n7,5,5,5,5\n',
             'list.json': '[[30,20,20,16], [1,2,30,30]]'}
    for name, text in given.items():
        (tmp_path / name).write_text(text)
        out = tmp_path / f'out_{name}.csv'
        assert vtzoo_track(folder, '--boxes', tmp_path / name, '--out', out, '--max-frames', 2, box=None)[0] == 0
        assert boxes_of(out)[:2] == [[30, 20, 20, 16], [1, 2, 30, 30]]
    bad = {'no.txt': 'a b c d\n', 'long.txt': '1,2,3,4\n' * 80, 'bad.json': '{"dog": [1, 2, 3]}', 'cut.json': '{"do',
           'nothing.txt': ''}
    for name, text in bad.items():
        (tmp_path / name).write_text(text)
        code, _, said = vtzoo_track(folder, '--boxes', tmp_path / name, '--out', tmp_path / 'x.csv', box=None)
        assert (code, len(said.splitlines())) == (2, 1), said
        assert name in said
        assert not (tmp_path / 'x.csv').exists()


def snapshot(home):
    return {path: path.read_bytes() for path in sorted(home.rglob('*')) if path.is_file()}


def refused(tmp_path):
    """Words that must not write anything -> what is said."""
    return {
        'own/dog.txt exists already': ['own/dog.mkv', '--out', 'own/dog.mp4'],
        'img_7.png is not the name of a video': ['seq', '--save', 'seq/img_7.png'],
        'does not say how results are to be written': ['seq', '--out', 'seq/img_7.png'],
        'result1.gif does not say': ['seq', '--out', 'result1.gif'],
        'result1.gif is not the name of a video': ['seq', '--save', 'result1.gif'],
        'own/dog.mkv is an input': ['own/dog.mkv', '--save', 'own/dog.mkv', '--overwrite'],
        'hard.mkv is an input': ['own/dog.mkv', '--save', 'hard.mkv', '--overwrite'],
        'soft.mkv is an input': ['own/dog.mkv', '--save', 'soft.mkv', '--overwrite'],
        'own/../own/dog.mkv is an input': ['own/dog.mkv', '--save', 'own/../own/dog.mkv', '--overwrite'],
        'frames.txt is an input': ['frames.txt', '--out', 'frames.txt', '--overwrite'],
        'img_6.png is an input': ['seq', '--out', 'seq/img_6.png', '--format', 'csv', '--overwrite'],
        'dangling.csv exists already': ['seq', '--out', 'dangling.csv'],
        'note.csv exists already': ['seq', '--out', 'note.csv'],
        'seq is a folder': ['seq', '--out', 'seq', '--format', 'csv'],
        'would be written twice': ['seq', '--save', 'a.mp4', '--out', './a.mp4', '--format', 'csv'],
        'both name a video': ['seq', '--save', 'a.mp4', '--out', 'b.mp4'],
        'note.csv is not a folder': ['seq', '--out', 'note.csv/a.csv'],
        'note_lost.txt exists already': ['seq', '--out', 'note.txt'],
    }


@pytest.mark.parametrize('message', refused(None))
def test_nothing_is_written_over(message, folder, images, vtzoo_track, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'own').mkdir()
    write_video(tmp_path / 'own' / 'dog.mkv', images)
    (tmp_path / 'own' / 'dog.txt').write_text('30,20,20,16\n')
    (tmp_path / 'note.csv').write_text('mine')
    (tmp_path / 'note_lost.txt').write_text('mine')
    (tmp_path / 'frames.txt').write_text('seq/img_6.png\nseq/img_7.png\n')
    os.link('own/dog.mkv', 'hard.mkv')
    os.symlink('own/dog.mkv', 'soft.mkv')
    os.symlink('nowhere', 'dangling.csv')
    before = snapshot(tmp_path)
    code, _, said = vtzoo_track(*refused(tmp_path)[message])
    assert code == 2
    assert message in said
    assert len(said.strip().splitlines()) == 1
    assert snapshot(tmp_path) == before


def test_overwrite_replaces(folder, vtzoo_track, tmp_path):
    out = tmp_path / 'a.csv'
    out.write_text('old\n' * 1000)
    assert vtzoo_track(folder, '--out', out)[0] == 2
    assert vtzoo_track(folder, '--out', out, '--overwrite')[0] == 0
    assert len(rows(out)) == COUNT


def test_a_damaged_frame_in_the_middle(folder, vtzoo_track, tmp_path):
    (folder / 'img_8.png').write_bytes(b'not a picture')
    code, _, missed = vtzoo_track(folder, '--out', tmp_path / 'a.csv', '--save', tmp_path / 'a.mp4')
    assert code == 1
    assert 'missed:' in missed
    assert 'img_8.png' in missed
    assert [int(row['frame']) for row in rows(tmp_path / 'a.csv')] == [0, 1, 3, 4, 5]
    vtzoo_track(folder, '--out', tmp_path / 'a.txt')
    lines = np.loadtxt(tmp_path / 'a.txt', delimiter=',')
    assert np.isnan(lines[2]).all(), 'lines and frames agree'
    assert len(lines) == COUNT
    (folder / 'img_6.png').write_bytes(b'')
    code, _, said = vtzoo_track(folder, '--out', tmp_path / 'b.csv')
    assert code == 2
    assert 'the first frame' in said
    assert not (tmp_path / 'b.csv').exists()


def test_a_change_of_size(folder, images, vtzoo_track, tmp_path):
    write_image(folder / 'img_10.png', images[4][:50])
    code, _, missed = vtzoo_track(folder, '--out', tmp_path / 'a.csv', '--save', tmp_path / 'a.mp4')
    assert code == 1
    assert 'frame 4 has 96x50 pixels, those before it 96x64' in missed
    assert len(rows(tmp_path / 'a.csv')) == 4
    assert cv2.VideoCapture(str(tmp_path / 'a.mp4')).get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_a_video_shorter_than_it_says(images, vtzoo_track, tmp_path):
    whole = write_video(tmp_path / 'a.avi', [*images, *images], codec='MJPG').read_bytes()
    (tmp_path / 'cut.avi').write_bytes(whole[:len(whole) * 55 // 100])
    code, said, missed = vtzoo_track(tmp_path / 'cut.avi', '--out', tmp_path / 'a.csv')
    assert code == 1
    assert 'its header counts 12' in missed
    assert len(rows(tmp_path / 'a.csv')) == int(said.split()[0]) < 12


def test_stopped_by_hand(folder, vtzoo_track, tmp_path, monkeypatch):
    """Ctrl-C at the fourth frame."""
    real = sources.Stills._read

    def read(self, item):
        if 'img_9' in str(item):
            signal.raise_signal(signal.SIGINT)
        return real(self, item)
    monkeypatch.setattr(sources.Stills, '_read', read)
    code, said, _ = vtzoo_track(folder, '--out', tmp_path / 'a.csv', '--save', tmp_path / 'a.mp4')
    assert code == 130
    assert 'stopped by hand' in said
    assert len(rows(tmp_path / 'a.csv')) == 3
    assert cv2.VideoCapture(str(tmp_path / 'a.mp4')).get(cv2.CAP_PROP_FRAME_COUNT) == 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='limits of file sizes are set as Linux does')
def test_a_full_disk(folder, config, weights, tmp_path):
    """Files may grow to 300 bytes: five lines."""
    words = ['track', folder, '--box', '30,20,20,16', '--config', config, '--checkpoint', weights,
             '--out', tmp_path / 'a.csv', '--save', tmp_path / 'a.mp4']
    program = ('import resource, sys, vtzoo.api; load = vtzoo.api.load_tracker\n'
               'def limited(*words): tracker = load(*words); resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)); '
               'return tracker\n'
               'vtzoo.api.load_tracker = limited; from vtzoo.cli import main; sys.exit(main(sys.argv[1:]))')
    done = subprocess.run([sys.executable, '-c', program, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 1
    assert 'a.csv: File too large' in done.stderr
    assert 'Traceback' not in done.stderr
    assert len(boxes_of(tmp_path / 'a.csv')) >= 2


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='there is no device that is always full')
def test_a_device_that_is_full(folder, vtzoo_track):
    code, said, missed = vtzoo_track(folder, '--out', '/dev/full', '--format', 'csv')
    assert code == 1
    assert 'missed: /dev/full: No space left' in missed
    assert '1 frames' in said


def test_a_video_that_does_not_fit(tmp_path, images):
    from vtzoo.inference.video import VideoWriter
    from vtzoo.utils.errors import RunError
    writer = VideoWriter(tmp_path / 'a.avi', 30)
    for image in images:
        writer.write(image)
    writer.writer.release()
    (tmp_path / 'a.avi').write_bytes((tmp_path / 'a.avi').read_bytes()[:100])
    with pytest.raises(RunError, match=r'a\.avi holds 0 of 6 frames: is the disk full'):
        writer.close()


@pytest.mark.parametrize('box', ['-20,61,112,114', '-.5,1,20,20'])
def test_boxes_that_begin_with_a_minus(folder, vtzoo_track, tmp_path, box):
    code, *_ = vtzoo_track(folder, '--out', tmp_path / 'a.csv', '--max-frames', 1, box=box)
    assert code == 0
    assert boxes_of(tmp_path / 'a.csv') == [list(map(float, box.split(',')))]


def test_shares_are_remarked(folder, vtzoo_track, tmp_path):
    with pytest.warns(UserWarning, match='looks like shares of the image'):
        vtzoo_track(folder, '--out', tmp_path / 'a.csv', box='0.19,0.13,0.13,0.24')


BAD = {
    'no video, folder or stream nowhere': ['nowhere'],
    'no file matches seq/%05d.jpg': ['seq/%05d.jpg'],
    'no file matches *.bmp': ['*.bmp'],
    'empty holds no pictures': ['empty'],
    'not a video that OpenCV can read': ['text.mp4'],
    'is not a list of pictures': ['text.txt'],
    'need their size: --size': ['-'],
    "--size is WIDTHxHEIGHT in pixels, such as 640x480, not '640'": ['-', '--size', '640'],
    '--size is WIDTHxHEIGHT in pixels, such as 640x480, not \'0x5\'': ['-', '--size', '0x5'],
    'not start=-1': ['seq', '--start', '-1'],
    'ends before the first frame: it has 6': ['seq', '--start', '6'],
    'not stride=0': ['seq', '--stride', '0'],
    'not max_frames=0': ['seq', '--max-frames', '0'],
    'not nan': ['seq', '--fps', 'nan'],
    'camera 87 cannot be opened': ['87'],
    'there is no display to show a window on: leave out --show': ['seq', '--show'],
    "--box names '1' twice": ['seq', '--box', '1=1,2,3,4', '--box', '1=1,2,3,4'],
    'lies outside the image': ['seq', '--box', 'b=500,5,9,9'],
}


@pytest.mark.parametrize('message', BAD)
def test_what_cannot_be_tracked(message, folder, vtzoo_track, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'text.mp4').write_text('no video')
    (tmp_path / 'text.txt').write_text('some words\n')
    code, _, said = vtzoo_track(*BAD[message], '--out', 'a.csv')
    assert code == 2
    assert message in said
    assert len(said.strip().splitlines()) == 1, said
    assert not (tmp_path / 'a.csv').exists()


def test_no_box_and_no_display(folder, vtzoo_track, monkeypatch):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    code, _, said = vtzoo_track(folder, box=None)
    assert code == 2
    assert 'say where the object is with --box' in said


def test_a_box_drawn_with_the_mouse(folder, vtzoo_track, monkeypatch, tmp_path, expected):
    """A window that stands in for the real one."""
    monkeypatch.setattr('vtzoo.inference.window.has_display', lambda: True)
    monkeypatch.setattr(cv2, 'selectROIs', lambda *_: np.array([[30, 20, 20, 16]]))
    monkeypatch.setattr(cv2, 'destroyAllWindows', lambda: None)
    assert vtzoo_track(folder, '--out', tmp_path / 'a.csv', box=None)[0] == 0
    assert boxes_of(tmp_path / 'a.csv') == expected
    keys = iter([255, ord('r'), 255, ord('q')])
    monkeypatch.setattr(cv2, 'imshow', lambda *_: None)
    monkeypatch.setattr(cv2, 'waitKey', lambda _: next(keys))
    monkeypatch.setattr(cv2, 'selectROI', lambda *_: (10, 10, 30, 30))
    monkeypatch.setattr(cv2, 'getWindowProperty', lambda *_: 1.0)
    assert vtzoo_track(folder, '--out', tmp_path / 'b.csv', '--show')[0] == 0
    found = boxes_of(tmp_path / 'b.csv')
    assert len(found) == 4, 'q stops'
    assert found[2] == [10, 10, 30, 30], 'r starts anew'
