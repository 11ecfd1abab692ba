"""The page's server: what it gives equals the command line's, and it keeps to itself."""

import json
import re
import urllib.error
import urllib.request

import pytest

from tests.inference.conftest import BOX, COUNT, write_video
from tests.inference.test_live import Camera
from vtzoo.commands.ui import is_local


class Client:
    """Calls the server as the page does."""

    def __init__(self, address):
        self.address = address
        self.token = re.search("token = '([^']+)'", self.text('/'))[1]

    def call(self, path, data=None, method='POST', **headers):
        sent = json.dumps(data).encode() if isinstance(data, dict) else data
        request = urllib.request.Request(self.address + path, sent, {'X-Token': getattr(self, 'token', ''), **headers},
                                         method=method)
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            return error

    def text(self, path, *args, **kwargs):
        return self.call(path, *args, **{'method': 'GET', **kwargs}).read().decode()

    def json(self, path, data=None):
        return json.loads(self.call(path, data).read())

    def error(self, *args, **kwargs):
        answer = self.call(*args, **kwargs)
        return answer.status, json.loads(answer.read())['error']


@pytest.fixture
def page(serve):
    address, clips = serve()
    client = Client(address)
    client.clips = clips
    return client


def test_a_video_is_tracked_as_on_the_command_line(page, images, config, weights, vtzoo_track, tmp_path):
    path = write_video(tmp_path / 'a.mkv', images)
    assert vtzoo_track(path, '--out', tmp_path / 'a.csv')[0] == 0

    opened = page.json('/api/videos?name=a.mkv', path.read_bytes())
    assert (opened['width'], opened['height'], opened['length'], opened['live']) == (96, 64, COUNT, False)
    home = f'/api/{opened["key"]}'
    assert page.error(f'{home}/box', dict(box=BOX)) == (400, 'choose a tracker first.')
    page.json(f'{home}/tracker', dict(config=str(config), checkpoint=str(weights)))
    assert page.json(f'{home}/box', dict(box=BOX))['box'] == list(BOX)
    for index in range(1, COUNT):
        answer = page.call(f'{home}/next')
        found = json.loads(answer.headers['X-Result'])
        assert found['index'] == index
        assert found['region'][2] > 0
        assert answer.read(3) == b'\xff\xd8\xff'
    assert page.call(f'{home}/next').status == 204
    assert page.text(f'{home}/download/csv') == (tmp_path / 'a.csv').read_bytes().decode()
    assert b'ftyp' in page.call(f'{home}/download/video', method='GET').read(32)
    for kind in ('attention', 'score'):
        assert page.call(f'{home}/maps/{kind}', method='GET').read(4) == b'\x89PNG'

    corrected = page.json(f'{home}/box', dict(box=[1, 2, 30, 20]))
    assert corrected['index'] == COUNT - 1
    last = page.text(f'{home}/download/csv').splitlines()[-1]
    assert ',1.0,2.0,30.0,20.0,1.0,0' in last, 'the correction is what is kept'


def test_a_camera(page, config, weights, monkeypatch):
    """A stand-in for one: followed, corrected, and written to a video although its frames are gone."""
    monkeypatch.setattr('vtzoo.inference.live._capture', Camera(plan=[10 ** 6], pause=0.01))
    opened = page.json('/api/cameras/0', {})
    assert (opened['live'], opened['length'], opened['fps']) == (True, None, 20)
    home = f'/api/{opened["key"]}'
    page.json(f'{home}/tracker', dict(config=str(config), checkpoint=str(weights)))
    page.json(f'{home}/box', dict(box=BOX))
    indices = [json.loads(page.call(f'{home}/next').headers['X-Result'])['index'] for _ in range(3)]
    assert indices == sorted(set(indices))
    assert len(page.text(f'{home}/download/csv').splitlines()) == 5
    assert b'ftyp' in page.call(f'{home}/download/video', method='GET').read(32)


def test_what_is_refused(page, images, tmp_path):
    assert page.error('/api/videos?name=a.exe', b'MZ')[0] == 400
    assert page.error('/api/videos?name=a.mp4', b'no video') == (400, 'this file is not a video that OpenCV can read.')
    assert page.error('/api/nothing/next')[1].startswith('this video is closed')
    big = page.error('/api/videos?name=a.mp4', bytes(2 ** 20 + 1))
    assert big == (400, 'the file is larger than 1 MB: start vtzoo ui with --max-upload.')
    assert not list(page.clips.home.rglob('*')), 'nothing of them is kept'
    path = write_video(tmp_path / 'a.mkv', images)
    home = f'/api/{page.json("/api/videos?name=a.mkv", path.read_bytes())["key"]}'
    for words, message in (((f'{home}/download/csv', None, 'GET'), 'nothing is tracked yet'),
                           ((f'{home}/download/passwd', None, 'GET'), 'no download'),
                           ((f'{home}/maps/attention', None, 'GET'), 'track a frame first'),
                           ((f'{home}/maps/x', None, 'GET'), 'attention and score'),
                           ((f'{home}/tracker', dict(config='nothing')), "no config 'nothing'"),
                           ((f'{home}/tracker', b'[1]'), 'an object is expected'),
                           ((f'{home}/tracker', b'{'), 'Expecting'),
                           ((f'{home}/tracker', b'x' * 20000), 'too much')):
        status, error = page.error(*words)
        assert (status, message in error) == (400, True), error


def test_only_its_own_page_may_call(page):
    for token in ('', 'wrong', 'ä'.encode('latin-1').decode('latin-1')):
        page.token = token
        assert page.error('/api/trackers', method='GET')[0] == 403
        assert page.error('/api/videos?name=a.mp4', b'x')[0] == 403
    answer = page.call('/', method='GET', Host='evil.example')
    assert answer.status == 400, 'a name that another site points here'
    assert b'token' not in answer.read()


def test_files_go_when_it_ends_and_when_there_are_many(serve, images, tmp_path):
    address, clips = serve(most=2)
    page = Client(address)
    data = write_video(tmp_path / 'a.mkv', images).read_bytes()
    keys = [page.json('/api/videos?name=a.mkv', data)['key'] for _ in range(3)]
    assert page.error(f'/api/{keys[0]}/next')[1].startswith('this video is closed')
    assert page.call(f'/api/{keys[2]}/next').status == 200
    assert len(list(clips.home.glob('*'))) == 2
    clips.close()
    assert not clips.home.exists()


@pytest.mark.parametrize(('host', 'local'), [('127.0.0.1', True), ('localhost', True), ('::1', True),
                                             ('127.0.0.9', True), ('0.0.0.0', False),
                                             ('192.168.1.4', False), ('name.example', False)])
def test_what_is_local(host, local):
    assert is_local(host) is local
