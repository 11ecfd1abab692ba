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
from vtzoo.utils.errors import RunError
from vtzoo.utils.limits import limit, too_large

ALLOW_HTTP, OFFLINE, MAX_GB = 'VTZOO_ALLOW_HTTP', 'VTZOO_OFFLINE', 'VTZOO_MAX_DOWNLOAD_GB'
"""Environment variables: addresses without encryption are allowed; the network is never used; a bound."""
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
            raise UnavailableError(f'the server answered {error.code} ({_first(error.reason)})') from error
        except _BrokenError as error:
            reason = str(error)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
            reason = _first(getattr(error, 'reason', error))
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
    if not parts.hostname:
        raise ValueError(f'{address} is not an address: write https://HOST/FILE.')
    local = parts.hostname in ('127.0.0.1', 'localhost', '::1')
    if parts.scheme != 'https' and not (parts.scheme == 'http' and (local or os.environ.get(ALLOW_HTTP))):
        raise ValueError(f'{address} is not an https address: what comes over an open line can be changed on its way. '
                         f'Set {ALLOW_HTTP}=1 to allow http.')
    if os.environ.get(OFFLINE) and not local:
        raise UnavailableError(f'{OFFLINE} is set')


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any,
                         newurl: str) -> urllib.request.Request | None:
        try:
            check_address(newurl)
        except ValueError as error:
            raise ValueError(f'{req.full_url} leads on to another address: {error}') from error
        if urllib.parse.urlsplit(req.full_url).scheme == 'https' and not newurl.startswith('https:'):
            raise ValueError(f'{req.full_url} leads on to {newurl}, which is not encrypted.')
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _once(address: str, part: Path) -> None:
    """One try."""
    most = limit(MAX_GB)
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
        length = _length(answer.headers)
        total = have + length if length else 0
        if total > most:
            raise ValueError(f'{address}: {too_large(MAX_GB)}.')
        part.parent.mkdir(parents=True, exist_ok=True)
        if mark := _stamp(answer.headers):
            stamp.write_text(mark)
        _write(answer, part, have, total, most)
    stamp.unlink(missing_ok=True)


def _stamp(headers: Mapping[str, str]) -> str:
    """What tells one version of a file from the next."""
    tag = headers.get('ETag', '')
    return tag if tag and not tag.startswith('W/') else headers.get('Last-Modified', '')


def _length(headers: Mapping[str, str]) -> int | None:
    """How many bytes a server says it sends; None: it does not say, or nothing sensible."""
    said = headers.get('Content-Length') or ''
    return int(said) if said.isascii() and said.isdigit() else None


def _write(answer: Any, part: Path, have: int, total: int, most: int) -> None:
    """What the server sends to the end of ``part``; total 0: it does not say how much that is."""
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
            if have > most:
                raise ValueError(f'{answer.url}: {too_large(MAX_GB)}.')
            try:
                file.write(chunk)
                file.flush()
            except OSError as error:
                raise RunError(f'{part} cannot be written ({error.strerror}): make room, or set VTZOO_WEIGHTS to '
                               'another folder; the next try goes on from what is there.') from error
            bar.update(len(chunk))
    if have < total:
        raise _BrokenError(f'{have} of {total} bytes came')


def fetch_drive(address: str, part: Path, inside: str = '') -> None:
    """Download ``gdrive:ID``, or the file ``inside`` the folder ``gdrive-folder:ID``, with gdown.

    Raises:
        UnavailableError: gdown is not installed, or Drive does not give the file.
    """
    try:
        import gdown
    except ImportError as error:
        raise UnavailableError("Google Drive needs gdown: pip install 'vtzoo[drive]'") from error
    check_reachable('https://drive.google.com')
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
    if part.stat().st_size > limit(MAX_GB):
        part.unlink()
        raise ValueError(f'{address}: {too_large(MAX_GB)}.')


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
    try:
        check_reachable(ENDPOINT)
        kept_only, why = {}, ''
    except UnavailableError as error:
        kept_only, why = dict(local_files_only=True), str(error)
    for file in files:
        try:
            path = Path(huggingface_hub.hf_hub_download(name, file, revision=revision or None, **kept_only))
        except LocalEntryNotFoundError as error:
            raise UnavailableError(f'the hub cannot be reached ({why or _first(error)})') from error
        except EntryNotFoundError:
            continue
        except (OSError, ValueError, RuntimeError) as error:
            raise UnavailableError(f'the hub does not give it ({_first(error)})') from error
        if path.stat().st_size > limit(MAX_GB):
            raise ValueError(f'{path}: {too_large(MAX_GB)}.')
        return path
    raise UnavailableError(f'the repository {name} holds none of {", ".join(files)}')


def check_reachable(address: str) -> None:
    """Whether a server's name is known here: without a network, other libraries try for half a minute.

    Raises:
        UnavailableError: there is no network, or it must not be used.
    """
    if os.environ.get(OFFLINE):
        raise UnavailableError(f'{OFFLINE} is set')
    if urllib.request.getproxies():
        return
    try:
        socket.getaddrinfo(urllib.parse.urlsplit(address).hostname, None)
    except OSError as error:
        raise UnavailableError('no network') from error


def _first(error: object) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
