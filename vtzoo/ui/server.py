"""The page's server: a few addresses around :mod:`vtzoo.ui.clips`. Needs the extra ``ui``."""

from __future__ import annotations

import hmac
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from vtzoo.checkpoints.shipped import default_config, shipped_configs
from vtzoo.config import list_models
from vtzoo.data.images import SUFFIXES as IMAGES
from vtzoo.data.videos import SUFFIXES as VIDEOS
from vtzoo.inference.follow import Tracked
from vtzoo.ui.clips import Clip, Clips
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require

Answer = Callable[[Request], Awaitable[Response]]


class Page:
    """The addresses of one server.

    Args:
        clips: what they work on.
        largest: bytes of an upload.
        cameras: whether this machine's cameras may be used.
    """

    def __init__(self, clips: Clips, largest: int, cameras: bool = True) -> None:
        self.clips, self.largest, self.cameras = clips, largest, cameras
        self.token = secrets.token_urlsafe(16)  # other pages in the same browser do not know it

    def routes(self) -> list[Route]:
        return [
            Route('/', self.page),
            Route('/api/trackers', self._guarded(self.trackers)),
            Route('/api/videos', self._guarded(self.upload), methods=['POST']),
            Route('/api/cameras/{number:int}', self._guarded(self.camera), methods=['POST']),
            Route('/api/{key}/tracker', self._guarded(self.tracker), methods=['POST']),
            Route('/api/{key}/box', self._guarded(self.box), methods=['POST']),
            Route('/api/{key}/next', self._guarded(self.step), methods=['POST']),
            Route('/api/{key}/frame', self._guarded(self.frame)),
            Route('/api/{key}/maps/{kind}', self._guarded(self.maps)),
            Route('/api/{key}/download/{kind}', self._guarded(self.download))]

    def _guarded(self, answer: Answer) -> Answer:
        """Only for this page; what cannot be done is said as JSON."""
        async def guarded(request: Request) -> Response:
            given = request.headers.get('x-token') or request.query_params.get('token') or ''
            if not hmac.compare_digest(given.encode(), self.token.encode()):
                return JSONResponse(dict(error='open the page itself first.'), 403)
            try:
                return await answer(request)
            except (ValueError, KeyError, FileNotFoundError) as error:
                return JSONResponse(dict(error=str(error)), 400)
            except (RunError, OSError) as error:
                return JSONResponse(dict(error=str(error)), 500)
        return guarded

    async def page(self, request: Request) -> Response:
        text = (Path(__file__).parent / 'page.html').read_text('utf-8').replace('{{token}}', self.token)
        return HTMLResponse(text, headers={'Content-Security-Policy': "default-src 'self' 'unsafe-inline' blob: data:",
                                           'Referrer-Policy': 'no-referrer', 'X-Frame-Options': 'DENY'})

    async def trackers(self, request: Request) -> Response:
        return JSONResponse(dict(shipped=shipped_configs(), default=default_config(), configs=list_models(),
                                 cameras=self.cameras, largest=self.largest))

    async def upload(self, request: Request) -> Response:
        """A video or picture as the body; its name decides only what kind it is."""
        suffix = Path(request.query_params.get('name', '')).suffix.lower()
        require(suffix in VIDEOS or suffix in IMAGES, f'{suffix or "a file without a suffix"} is not a video.')
        too_large = f'the file is larger than {self.largest / 2 ** 20:g} MB: start vtzoo ui with --max-upload.'
        length = request.headers.get('content-length', '0')
        require(length.isdecimal() and int(length) <= self.largest, too_large)
        folder = self.clips.new_folder()
        path, size = folder / f'video{suffix}', 0
        try:
            with open(path, 'wb') as file:
                async for chunk in request.stream():
                    size += len(chunk)
                    require(size <= self.largest, too_large)
                    await run_in_threadpool(file.write, chunk)
        except BaseException:  # also a client that goes away
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return await self._opened(str(path), folder)

    async def camera(self, request: Request) -> Response:
        require(self.cameras, 'cameras are off: start vtzoo ui with --cameras.')
        return await self._opened(request.path_params['number'], self.clips.new_folder())

    async def _opened(self, source: Any, folder: Path) -> Response:
        key = secrets.token_urlsafe(16)
        try:
            clip = await run_in_threadpool(self.clips.add, key, source, folder)
        except ValueError as error:
            raise ValueError(str(error).replace(str(source), 'this file')) from error
        height, width = clip.frame.image.shape[:2]
        return JSONResponse(dict(key=key, width=width, height=height, fps=clip.source.fps,
                                 length=clip.source.length, live=clip.source.live))

    async def tracker(self, request: Request) -> Response:
        clip, given = self.clips.get(request.path_params['key']), await _json(request)
        chosen = await run_in_threadpool(self.clips.tracker, given.get('config'), given.get('checkpoint'))
        with clip.lock:
            clip.choose(chosen)
        return JSONResponse(dict(score=chosen.score_description))

    async def box(self, request: Request) -> Response:
        clip, given = self.clips.get(request.path_params['key']), await _json(request)
        found = await run_in_threadpool(_locked, clip, clip.select, given.get('box'))
        return JSONResponse(described(found))

    async def step(self, request: Request) -> Response:
        """The next frame as a JPEG, what was found in it in the header X-Result; 204 at the end."""
        clip = self.clips.get(request.path_params['key'])
        found = await run_in_threadpool(_locked, clip, clip.step)
        if found is None:
            return Response(status_code=204, headers={'X-Faults': json.dumps(clip.source.faults)})
        told = described(found) if isinstance(found, Tracked) else dict(index=found.index, time=found.time)
        return _picture(clip.frame.image, '.jpg', {'X-Result': json.dumps(told)})

    async def frame(self, request: Request) -> Response:
        return _picture(self.clips.get(request.path_params['key']).frame.image, '.jpg')

    async def maps(self, request: Request) -> Response:
        clip, kind = self.clips.get(request.path_params['key']), request.path_params['kind']
        require(kind in ('attention', 'score'), f'there are attention and score maps, not {kind!r}.')
        return _picture(await run_in_threadpool(_locked, clip, clip.maps, kind), '.png')

    async def download(self, request: Request) -> Response:
        clip, kind = self.clips.get(request.path_params['key']), request.path_params['kind']
        require(kind in ('csv', 'jsonl', 'txt', 'video'), f'there is no download {kind!r}.')
        write = (clip.write_video,) if kind == 'video' else (clip.write_boxes, kind)
        path = await run_in_threadpool(_locked, clip, *write)
        return FileResponse(path, filename=path.name)


def application(clips: Clips, hosts: list[str], largest: int, cameras: bool = True) -> Starlette:
    """The server's application; when it ends, every file of it is deleted.

    Args:
        clips: what it works on.
        hosts: names by which it may be called; other sites cannot point theirs at it.
        largest: bytes of an upload.
        cameras: whether this machine's cameras may be used.
    """
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        clips.close()

    page = Page(clips, largest, cameras)
    return Starlette(routes=page.routes(), lifespan=lifespan,
                     middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)])


def described(found: Tracked) -> dict[str, Any]:
    """A result as JSON."""
    return dict(index=found.index, time=found.time, box=found.box, score=found.score, lost=found.lost,
                region=found.region)


def _locked(clip: Clip, work: Callable, *given: Any) -> Any:
    with clip.lock:
        return work(*given)


async def _json(request: Request) -> dict[str, Any]:
    data = b''
    async for chunk in request.stream():
        data += chunk
        require(len(data) < 10_000, 'too much was sent.')
    given = json.loads(data or b'{}')
    require(isinstance(given, dict), 'an object is expected.')
    return given


def _picture(image: np.ndarray, suffix: str, headers: dict[str, str] | None = None) -> Response:
    data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    kind = 'image/png' if suffix == '.png' else 'image/jpeg'
    return Response(data, media_type=kind, headers={**(headers or {}), 'Cache-Control': 'no-store'})
