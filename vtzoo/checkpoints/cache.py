"""Weights by name: the table of addresses, and the folder where what was downloaded is kept.

``vtzoo/weights/released.csv`` says for every file its address, and its size, SHA-256 and licence where they are known.
A file of unknown SHA-256 is recorded when it is first used and must be the same ever after.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from vtzoo.checkpoints.download import UnavailableError, fetch_drive, fetch_http, fetch_hub
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.digest import sha256
from vtzoo.utils.provenance import now

FOLDER, MIRROR = 'VTZOO_WEIGHTS', 'VTZOO_MIRROR'
"""Environment variables: where weights are kept; a folder or an address where their files are looked for first."""

CONVERTED = 'converted'
"""The folder in it for released trackers under vtzoo's names."""

HUB_FILES = ('model.safetensors', 'pytorch_model.bin')
"""What a repository on the hub holds its weights in."""


@dataclass(frozen=True)
class Released:
    """A row of the table.

    Args:
        name: the config of a tracker, or the file of a backbone as configs name it under ``pretrained``.
        kind: 'tracker' or 'backbone'.
        file: the name under which it is kept.
        address: https://..., gdrive:ID, gdrive-folder:ID or hf-hub:OWNER/NAME.
        inside: its path in a folder.
        bytes, sha256: empty: not known.
        licence: what its source states.
        source: the page that names the address.
        tried: whether the address was ever tried from where vtzoo is made: yes or no.
    """

    name: str
    kind: str
    file: str
    address: str
    inside: str
    bytes: str
    sha256: str
    licence: str
    source: str
    tried: str


@cache
def released() -> dict[str, Released]:
    """The table by name."""
    path = Path(__file__).parents[1] / 'weights' / 'released.csv'
    with open(path, encoding='utf-8', newline='') as file:
        return {row['name']: Released(**row) for row in csv.DictReader(file)}


def cache_folder() -> Path:
    """$VTZOO_WEIGHTS, else the platform's folder for caches."""
    return Path(os.environ.get(FOLDER) or platformdirs.user_cache_path('vtzoo') / 'weights')


def converted_file(config: str) -> Path:
    """Where the released weights of a config are kept under vtzoo's names."""
    return cache_folder() / CONVERTED / f'{config.replace("/", "-")}.safetensors'


def kept(file: str) -> Path | None:
    """A file of this name that was downloaded, or put there by hand; checked against what is known of it.

    Raises:
        ValueError: it is not the file it was.
    """
    path = cache_folder() / file
    if not path.is_file():
        return None
    about = record_of(path)
    digest = sha256(path)
    if about is None:
        _record(path, 'put there by hand', digest)
    elif digest != about['sha256']:
        raise ValueError(f'{path} has changed since it was first used (SHA-256 {digest[:12]}..., not '
                         f'{about["sha256"][:12]}...): `vtzoo weights clear {file}` and get it again.')
    return path


def record_of(path: Path) -> dict[str, Any] | None:
    """What is known of a kept file: address, sha256, bytes, date."""
    try:
        return json.loads(_record_file(path).read_text('utf-8'))
    except (FileNotFoundError, ValueError):
        return None


def _record_file(path: Path) -> Path:
    return path.with_name(f'{path.name}.json')


def _record(path: Path, address: str, digest: str) -> None:
    if not os.access(path.parent, os.W_OK):
        return
    about = dict(address=address, sha256=digest, bytes=path.stat().st_size, date=now())
    write_atomically(_record_file(path), json.dumps(about, indent=1) + '\n')


def get(row: Released) -> Path:
    """A file of the table: the kept one, else downloaded, checked and kept. Processes wait for one another.

    Raises:
        UnavailableError: it cannot be had; names the address, the file and where to put it.
        ValueError: what came is not the file.
    """
    folder = cache_folder()
    path = folder / row.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f'the folder {folder} cannot be made ({error.strerror}): set {FOLDER}.') from error
    if not os.access(folder, os.W_OK):
        if found := kept(row.file):
            return found
        raise UnavailableError(_advice(row, [f'{folder}, which cannot be written to'], folder))
    with _lock(folder / f'.{row.file}.lock', row.file):
        if found := kept(row.file):
            if row.sha256 and sha256(found) != row.sha256:
                raise ValueError(f'{found} is not the released file: its SHA-256 is not {row.sha256[:12]}... . '
                                 f'`vtzoo weights clear {row.file}` and get it again.')
            return found
        tried = []
        for address in (*_mirrored(row), row.address):
            print(f'downloading {row.file} from {address} to {folder}', file=sys.stderr, flush=True)
            try:
                return _download(row, address, path)
            except UnavailableError as error:
                tried.append(f'{address} ({error})')
        raise UnavailableError(_advice(row, tried, folder))


def _lock(path: Path, file: str) -> Any:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f'another process is downloading {file}: waiting for it.', file=sys.stderr, flush=True)
        lock.acquire()
    lock.release()
    return lock


def _mirrored(row: Released) -> Iterator[str]:
    if mirror := os.environ.get(MIRROR):
        yield f'{mirror.rstrip("/")}/{row.file}'


def _download(row: Released, address: str, path: Path) -> Path:
    part = path.with_name(f'{path.name}.part')
    kind, _, rest = address.partition(':')
    if kind in ('http', 'https'):
        fetch_http(address, part)
    elif kind in ('gdrive', 'gdrive-folder'):
        fetch_drive(address, part, row.inside)
    elif kind == 'hf-hub':
        shutil.copyfile(fetch_hub(rest, HUB_FILES), part)
    else:
        copy = Path(address.removeprefix('file://'))
        if not copy.is_file():
            raise UnavailableError('there is no such file')
        shutil.copyfile(copy, part)
    digest = sha256(part)
    try:
        if row.sha256 and digest != row.sha256:
            raise ValueError(f'what came from {address} is not {row.file}: its SHA-256 is {digest[:12]}..., not '
                             f'{row.sha256[:12]}... . It was not kept.')
        _check_read(part, address)
    except ValueError:
        part.unlink()
        raise
    os.replace(part, path)
    _record(path, address, digest)
    return path


def _check_read(part: Path, address: str) -> None:
    """Refuse a web page, a torn file, and what is more than data."""
    from vtzoo.checkpoints.files import read_checkpoint  # imports torch, which a list of the table does without

    try:
        read_checkpoint(part)
    except ValueError as error:
        raise ValueError(f'what came from {address} was not kept: {error}'.replace(str(part), 'it', 1)) from error


def _advice(row: Released, tried: list[str], folder: Path) -> str:
    untried = (' This address could not be tried where vtzoo is made: if it is wrong, please report it.'
               if row.tried != 'yes' else '')
    page = page_of(row.address)
    named_by = f' (named by {row.source})' if row.source != page else ''
    return (f'the weights {row.file} cannot be had; tried: {"; ".join(tried)}. Get it by hand from '
            f'{page}{named_by} and put it as {row.file} into {folder} (or set {FOLDER}).{untried}')


def page_of(address: str) -> str:
    """What a person opens in a browser."""
    kind, _, rest = address.partition(':')
    return {'gdrive': f'https://drive.google.com/file/d/{rest}/view',
            'gdrive-folder': f'https://drive.google.com/drive/folders/{rest}',
            'hf-hub': f'https://huggingface.co/{rest.partition("@")[0]}'}.get(kind, address)


def from_address(address: str) -> Path:
    """A file from any https address; ``#sha256=...`` at its end pins what must come.

    Raises:
        UnavailableError, ValueError: see :func:`get`.
    """
    address, _, pin = address.partition('#sha256=')
    base = Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path)).name[-80:] or 'weights'
    base = ''.join(letter if letter.isalnum() or letter in '._-' else '_' for letter in base).lstrip('.') or 'weights'
    file = f'{hashlib.sha256(address.encode()).hexdigest()[:12]}-{base}'
    return get(Released(address, 'tracker', file, address, '', '', pin, 'not stated', address, 'yes'))


def clear(name: str | None = None) -> list[Path]:
    """Delete what was downloaded, and what was converted from it; of one file of the table, or all.

    What was put there by hand stays.

    Returns:
        the files that are gone.
    """
    folder, gone = cache_folder(), []
    wanted = {released()[name].file if name in released() else name} if name else None
    for about in sorted(folder.glob('*.json')):
        path = about.with_suffix('')
        facts = record_of(path)
        if facts is None or 'sha256' not in facts or (wanted and path.name not in wanted):
            continue
        if facts['address'] != 'put there by hand' and path.is_file():
            path.unlink()
            gone.append(path)
        about.unlink()
    for path in sorted((folder / CONVERTED).glob('*.safetensors')):
        if name is None or path == converted_file(name):
            path.unlink()
            gone.append(path)
    for part in folder.glob('*.part*'):
        if wanted is None or part.name.partition('.part')[0] in wanted:
            part.unlink()
    return gone
