"""One file from an address to a place on this machine: resumed, bounded, checked, and whole or not there at all."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

import vtzoo

ALLOW_HTTP, OFFLINE, MAX_GB = 'VTZOO_ALLOW_HTTP', 'VTZOO_OFFLINE', 'VTZOO_MAX_DOWNLOAD_GB'
"""Environment variables: addresses without encryption are allowed; the network is never used; bound (default 8)."""
TIMEOUT, TRIES, CHUNK = 30, 3, 1 << 20


class UnavailableError(FileNotFoundError):
    """A file cannot be had from its address now; the message says why."""


class _BrokenError(Exception):
    """The line broke; what came so far is kept."""


def fetch_http(address: str, part: Path) -> None:
    """Download to ``part``; a file begun there before is gone on with, if the server can and it is still the same.

    Raises:
        UnavailableError: there is no such file, no network, or a web page instead; what came so far is kept.
        ValueError: the address is not allowed, or the file is larger than is sensible.
    """
    check_address(address)
    reason = ''
    for _ in range(TRIES):
        try:
            return _once(address, part)
        except urllib.error.HTTPError as error:
            if error.code == 416 and part.exists():  # the file there is shorter now: begin again
                part.unlink()
                continue
            raise UnavailableError(f'the server answered {error.code} ({error.reason})') from error
        except _BrokenError as error:
            reason = str(error)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
            reason = str(getattr(error, 'reason', error)) or type(error).__name__
            if not part.exists():
                break
    have = part.stat().st_size if part.exists() else 0
    kept = f'; {have / 1e6:.1f} MB are kept and the next try goes on from there' if have else ''
    raise UnavailableError(f'no network, or the line broke ({reason}){kept}')


def check_address(address: str) -> None:
    """Refuse what is not encrypted, unless it stays on this machine or is allowed.

    Raises:
        ValueError: says how to allow it.
    """
    parts = urllib.parse.urlsplit(address)
    local = parts.hostname in ('127.0.0.1', 'localhost', '::1')
    if parts.scheme != 'https' and not (parts.scheme == 'http' and (local or os.environ.get(ALLOW_HTTP))):
        raise ValueError(f'{address} is not an https address: what comes over an open line can be changed on its way. '
                         f'Set {ALLOW_HTTP}=1 to allow http.')
    if os.environ.get(OFFLINE) and not local:
        raise UnavailableError(f'{OFFLINE} is set')


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any,
                         newurl: str) -> urllib.request.Request | None:
        check_address(newurl)
        if urllib.parse.urlsplit(req.full_url).scheme == 'https' and not newurl.startswith('https:'):
            raise ValueError(f'{req.full_url} leads on to {newurl}, which is not encrypted.')
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _once(address: str, part: Path) -> None:
    """One try."""
    limit = float(os.environ.get(MAX_GB, 8)) * 1e9
    have, stamp = part.stat().st_size if part.exists() else 0, part.with_name(f'{part.name}.stamp')
    headers = {'User-Agent': f'vtzoo/{vtzoo.__version__}', 'Accept-Encoding': 'identity'}
    if have:
        headers['Range'] = f'bytes={have}-'
        if stamp.exists():
            headers['If-Range'] = stamp.read_text()
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(urllib.request.Request(address, headers=headers), timeout=TIMEOUT) as answer:
        if answer.headers.get_content_type() == 'text/html':
            raise UnavailableError('the server answered with a web page instead of the file, as Google Drive does when '
                                   'a quota is used up')
        if have and not (answer.status == 206 and answer.headers.get('Content-Range', '').startswith(f'bytes {have}-')):
            have = 0
        total = have + int(answer.headers.get('Content-Length') or 0)
        if total > limit:
            raise ValueError(f'{address} has {total / 1e9:.1f} GB, more than {limit / 1e9:.0f} GB: set {MAX_GB}.')
        part.parent.mkdir(parents=True, exist_ok=True)
        if mark := _stamp(answer.headers):
            stamp.write_text(mark)
        _write(answer, part, have, total, limit)
    stamp.unlink(missing_ok=True)


def _stamp(headers: Mapping[str, str]) -> str:
    """What tells one version of a file from the next."""
    tag = headers.get('ETag', '')
    return tag if tag and not tag.startswith('W/') else headers.get('Last-Modified', '')


def _write(answer: Any, part: Path, have: int, total: int, limit: float) -> None:
    bounded = bool(answer.headers.get('Content-Length'))
    bar = tqdm(total=total or None, initial=have, unit='B', unit_scale=True, desc=part.name.removesuffix('.part')[:40],
               disable=not sys.stderr.isatty())
    with bar, open(part, 'ab' if have else 'wb') as file:
        while True:
            try:
                chunk = answer.read(CHUNK)
            except (http.client.HTTPException, OSError) as error:
                raise _BrokenError(str(error) or type(error).__name__) from error
            if not chunk:
                break
            have += len(chunk)
            if have > limit:
                raise ValueError(f'{answer.url} sends more than {limit / 1e9:.0f} GB: set {MAX_GB}.')
            file.write(chunk)
            bar.update(len(chunk))
    if bounded and have < total:
        raise _BrokenError(f'{have} of {total} bytes came')


def fetch_drive(address: str, part: Path, inside: str = '') -> None:
    """Download ``gdrive:ID``, or the file ``inside`` the folder ``gdrive-folder:ID``, with gdown.

    Raises:
        UnavailableError: gdown is not installed, or Drive does not give the file.
    """
    if os.environ.get(OFFLINE):
        raise UnavailableError(f'{OFFLINE} is set')
    try:
        import gdown
    except ImportError as error:
        raise UnavailableError("Google Drive needs gdown: pip install 'vtzoo[drive]'") from error
    kind, _, name = address.partition(':')
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        if kind == 'gdrive-folder':
            listed = gdown.download_folder(id=name, output=str(part.parent), quiet=True, skip_download=True) or []
            found = [one for one in listed if str(one.path).replace('\\', '/').endswith(inside)]
            if not found:
                names = ', '.join(str(one.path) for one in listed[:8])
                raise UnavailableError(f'the folder holds no {inside}; it holds {names or "nothing that can be seen"}')
            name = found[0].id
        if gdown.download(id=name, output=str(part), quiet=not sys.stderr.isatty(), resume=True) is None:
            raise UnavailableError('Google Drive gave no file')
    except UnavailableError:
        raise
    except Exception as error:  # gdown raises errors of its own, of requests, and of what Drive changed last
        said = ' '.join(str(error).split())[:200] or type(error).__name__
        raise UnavailableError(f'Google Drive did not give the file ({said})') from error
    if part.stat().st_size > float(os.environ.get(MAX_GB, 8)) * 1e9:
        part.unlink()
        raise ValueError(f'{address} is larger than allowed: set {MAX_GB}.')


def fetch_hub(repo: str, files: tuple[str, ...]) -> Path:
    """The first of some files in a repository on the Hugging Face hub, OWNER/NAME or OWNER/NAME@REVISION.

    huggingface_hub keeps it in a cache of its own, resumes and locks.

    Raises:
        UnavailableError: it has none of them, or the hub cannot be reached.
    """
    import huggingface_hub
    from huggingface_hub.constants import ENDPOINT
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    name, _, revision = repo.partition('@')
    kept_only = {} if _reachable(ENDPOINT) else dict(local_files_only=True)
    for file in files:
        try:
            path = Path(huggingface_hub.hf_hub_download(name, file, revision=revision or None, **kept_only))
        except LocalEntryNotFoundError as error:
            why = 'no network' if kept_only else _first(error)
            raise UnavailableError(f'the hub cannot be reached ({why})') from error
        except EntryNotFoundError:
            continue
        except (OSError, ValueError, RuntimeError) as error:
            raise UnavailableError(f'the hub does not give it ({_first(error)})') from error
        if path.stat().st_size > float(os.environ.get(MAX_GB, 8)) * 1e9:
            raise ValueError(f'{path} is larger than allowed: set {MAX_GB}.')
        return path
    raise UnavailableError(f'the repository {name} holds none of {", ".join(files)}')


def _reachable(address: str) -> bool:
    """Whether a server's name is known here: without a network, huggingface_hub tries for half a minute."""
    if os.environ.get(OFFLINE):
        return False
    if urllib.request.getproxies():
        return True
    try:
        socket.getaddrinfo(urllib.parse.urlsplit(address).hostname, None)
    except OSError:
        return False
    return True


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
