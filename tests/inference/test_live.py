"""Cameras and streams: the newest frame wins, what breaks off comes back or ends in a sentence."""

import itertools
import signal
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

import vtzoo
from tests.inference.conftest import BOX, COUNT
from vtzoo.inference import live
from vtzoo.inference.live import Live
from vtzoo.utils.errors import RunError


class Camera:
    """Stands in for cv2.VideoCapture: gives frames whose first pixel counts, then what it is told.

    plan: for each opening the number of frames that it gives; 0: it does not open. pause: seconds a frame.
    """

    def __init__(self, plan=(10 ** 9,), pause=0.0, hang=False, size=(64, 96)):
        self.plan, self.pause, self.hang, self.size, self.count = iter(plan), pause, hang, size, itertools.count()
        self.released = 0

    def __call__(self, *_):
        self.left = next(self.plan, 0)
        self.opened = self.left > 0
        return self

    def isOpened(self):  # noqa: N802
        return self.opened

    def get(self, prop):
        return 20.0 if prop == cv2.CAP_PROP_FPS else 0.0

    def read(self):
        time.sleep(self.pause)
        if self.left <= 0:
            if self.hang:
                time.sleep(30)
            return False, None
        self.left -= 1
        return True, np.full((*self.size, 3), next(self.count) % 250, np.uint8)

    def release(self):
        self.released += 1


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(live, 'PAUSES', (0.01,))


def test_the_newest_frame_wins():
    camera = Live('camera 0', Camera(pause=0.002))
    seen = []
    for frame in camera.frames():
        seen.append((frame.index, int(frame.image[0, 0, 0])))
        time.sleep(0.05)
        if len(seen) == 5:
            break
    indices = [index for index, _ in seen]
    assert [value for _, value in seen] == [index % 250 for index in indices]
    assert (np.diff(indices[1:]) > 3).all(), 'many came meanwhile'
    assert camera.dropped >= sum(np.diff(indices)) - len(indices)
    assert camera.fps == 20


def test_every_frame_where_it_is_wanted():
    camera = Live('camera 0', Camera(plan=[40]), patience=0.1, every_frame=True)
    seen = []
    for frame in camera.frames(start=2, stride=3):
        seen.append(frame.index)
        time.sleep(0.002)
    assert seen == list(range(2, 40, 3))


def test_it_comes_back_after_it_broke_off():
    camera = Live('camera 0', Camera(plan=[5, 0, 0, 4]), patience=0.3, every_frame=True)
    assert [frame.index for frame in camera.frames()] == list(range(9))
    assert camera.reopened == 1
    assert camera.faults == ['camera 0 broke off after 9 frames and did not come back within 0.3 s.']


def test_a_stream_that_hangs(monkeypatch):
    camera = Live('rtsp://there', Camera(plan=[3], hang=True), patience=0.1, every_frame=True)
    start = time.monotonic()
    assert len(list(camera.frames())) == 3
    assert time.monotonic() - start < 5
    assert camera.faults == ['rtsp://there sent nothing for 0.1 s.']


def test_nothing_is_there():
    with pytest.raises(ValueError, match='camera 9 cannot be opened'):
        Live('camera 9', Camera(plan=[0]))
    with pytest.raises(ValueError, match='patience'):
        Live('camera 9', Camera(), patience=-1)


def test_the_command_follows_a_camera(vtzoo_track, monkeypatch, tmp_path):
    """Unplugged in the middle: results are kept, and the exit code says so."""
    monkeypatch.setattr(cv2, 'VideoCapture', Camera(plan=[4]))
    code, said, missed = vtzoo_track('0', '--out', tmp_path / 'a.csv', '--patience', '0.2', '--every-frame')
    assert code == 1
    assert 'camera 0 broke off after 4 frames and did not come back' in missed
    assert said.startswith('4 frames')
    assert len((tmp_path / 'a.csv').read_text().splitlines()) == 5


def test_python_is_told_that_a_camera_is_gone(monkeypatch, online):
    monkeypatch.setattr(cv2, 'VideoCapture', Camera(plan=[4]))
    found = vtzoo.track(0, BOX, online(), patience=0.1, every_frame=True)
    assert [next(found).index for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(RunError, match='camera 0 broke off'):
        next(found)


def test_stopping_a_camera_by_hand_is_a_good_end(vtzoo_track, monkeypatch, tmp_path):
    class Stopped(Camera):
        def read(self):
            if self.left == 1:
                signal.raise_signal(signal.SIGINT)
                time.sleep(0.5)
            return super().read()

    monkeypatch.setattr(cv2, 'VideoCapture', Stopped(plan=[8], pause=0.2))
    code, said, _ = vtzoo_track('0', '--out', tmp_path / 'a.csv', '--every-frame')
    assert code == 0
    assert 'stopped by hand' in said
    rows = len((tmp_path / 'a.csv').read_text().splitlines()) - 1
    assert rows == int(said.split()[0])
    assert rows > 0


@contextmanager
def mjpeg_server(jpegs, pause=0.0, rounds=1, stall=False):
    """A stream of pictures on this machine -> its address."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=part')
            self.end_headers()
            for data in jpegs * rounds:
                self.wfile.write(b'--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(data))
                self.wfile.write(data + b'\r\n')
                time.sleep(pause)
            if stall:
                time.sleep(20)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_address[1]}/video'
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def jpegs(images):
    return [cv2.imencode('.jpg', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes() for image in images]


def test_a_stream_gives_what_its_file_gives(jpegs, vtzoo_track, tmp_path):
    (tmp_path / 'a.mjpeg').write_bytes(b''.join(jpegs))
    assert vtzoo_track(tmp_path / 'a.mjpeg', '--out', tmp_path / 'file.csv')[0] == 0
    with mjpeg_server(jpegs, stall=True) as address:
        code, *_ = vtzoo_track(address, '--out', tmp_path / 'stream.csv', '--every-frame', '--max-frames', COUNT,
                               '--patience', '3')
    assert code == 0

    def boxes(name):
        return [line.split(',')[3:7] for line in (tmp_path / name).read_text().splitlines()]
    assert boxes('stream.csv') == boxes('file.csv')
    assert len(boxes('file.csv')) == COUNT + 1


def test_a_stream_that_ends(jpegs, vtzoo_track, tmp_path):
    with mjpeg_server(jpegs) as address:
        source = live.stream(address, patience=0.5, every_frame=True)
        for count, _ in enumerate(source.frames(), 1):
            if count == 2 * COUNT:
                break
    assert source.reopened >= 1, 'it was opened again'
    code, _, said = vtzoo_track(address, '--out', tmp_path / 'a.csv', '--patience', '1')
    assert code == 2
    assert 'cannot be opened' in said


def test_pictures_behind_addresses(images, tmp_path, vtzoo_track):
    """A list of addresses, one of which is gone."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            number = int(self.path[1:-4])
            self.send_response(200 if number < 4 else 404)
            self.end_headers()
            if number < 4:
                self.wfile.write(cv2.imencode('.png', images[number][..., ::-1])[1].tobytes())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f'http://127.0.0.1:{server.server_address[1]}'
    (tmp_path / 'list.txt').write_text(''.join(f'{home}/{i}.png\n' for i in range(5)))
    try:
        code, said, missed = vtzoo_track(tmp_path / 'list.txt', '--out', tmp_path / 'a.csv')
    finally:
        server.shutdown()
        server.server_close()
    assert code == 1
    assert said.startswith('4 frames')
    assert f'{home}/4.png cannot be fetched (Not Found)' in missed
