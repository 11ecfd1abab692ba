"""A server of the page in this process, and the small tracker and video of the command line's tests."""

import threading
import time

import pytest

from tests.inference.conftest import config, images, online, vtzoo_track, weights, write_video  # noqa: F401


@pytest.fixture
def serve():
    """Start a server -> its address and clips; it ends with the test."""
    uvicorn = pytest.importorskip('uvicorn', reason='the extra ui is not installed')
    pytest.importorskip('starlette', reason='the extra ui is not installed')
    from vtzoo.ui.clips import Clips
    from vtzoo.ui.server import application

    running = []

    def start(largest=2 ** 20, **options):
        clips = Clips(**options)
        settings = uvicorn.Config(application(clips, ['127.0.0.1'], largest), port=0, log_level='error')
        server, socket = uvicorn.Server(settings), settings.bind_socket()
        thread = threading.Thread(target=server.run, kwargs=dict(sockets=[socket]), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        running.append((server, thread))
        return f'http://127.0.0.1:{socket.getsockname()[1]}', clips

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)
