"""What a file of weights is, by its first bytes and its table of contents; nothing in it is unpickled here."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from vtzoo.utils.limits import limit, too_large

Format = Literal['zip', 'legacy', 'safetensors']

LIMIT = 'VTZOO_MAX_CHECKPOINT_GB'
"""Environment variable: how large a checkpoint may unpack to, in gigabytes (default 32)."""
PICKLE_LIMIT = 256 << 20
"""Bytes of a checkpoint's pickle, which holds names and settings only; real ones have less than 20 MB."""

_LEGACY = b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'
_OTHERS = {
    b'\x1f\x8b': 'compressed by gzip: unpack it first', b'BZh': 'compressed by bzip2: unpack it first',
    b'\xfd7zXZ': 'compressed by xz: unpack it first', b'7z\xbc\xaf': 'a 7z archive: unpack it first',
    b'Rar!': 'a RAR archive: unpack it first', b'\x89HDF': 'an HDF5 file (Keras or TensorFlow)',
    b'\x89PNG': 'a picture', b'\xff\xd8\xff': 'a picture', b'%PDF': 'a PDF', b'\x93NUMPY': 'a NumPy array',
    b'version https://git-lfs': 'a Git LFS pointer, not the file itself: fetch it with `git lfs pull`',
    b'/annex/objects/': 'a git-annex pointer, not the file itself: fetch it with `git annex get`',
    b'# v2.0 VCS': 'a pointer, not the file itself'}


def find_format(path: Path) -> Format:
    """How a file of weights is stored.

    Raises:
        ValueError: it is something else, is damaged, or unpacks to more than is sensible; says which.
    """
    with open(path, 'rb') as file:
        head = file.read(1024)
    if head.startswith(b'PK\x03\x04'):
        _check_zip(path)
        return 'zip'
    if head.startswith(_LEGACY):
        return 'legacy'
    size, length = path.stat().st_size, int.from_bytes(head[:8], 'little')
    if head[8:9] == b'{' and length:
        if 8 + length > size:
            raise ValueError(f'{path} cannot be read as a checkpoint: its header is longer than the file, which is '
                             'cut short or damaged.')
        return 'safetensors'
    raise ValueError(f'{path} cannot be read as a checkpoint: {_said(head)}.')


def _said(head: bytes) -> str:
    """What a file is that is not a checkpoint."""
    if not head:
        return 'it is empty'
    for start, what in _OTHERS.items():
        if head.startswith(start):
            return f'it is {what}'
    text = head.lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    if text.startswith((b'<!doctype', b'<html', b'<head', b'<body', b'<script', b'<?xml', b'<!--')):
        return ('this is a web page, not a checkpoint. Sites answer with one where a quota is used up or a file is '
                'too large to scan (Google Drive), or where one has to log in: open the address in a browser')
    if head[257:262] == b'ustar':
        return 'it is a tar archive: unpack it first'
    if head[:1] == b'\x80' and head[1:2] in b'\x02\x03\x04\x05':
        return 'it is a pickle that torch did not write: save the state dict with torch.save'
    if all(byte >= 32 or byte in b'\t\r\n\f' for byte in head):
        return 'it is a text file'
    return 'it is not a torch file, or it is cut short'


def _check_zip(path: Path) -> None:
    """Refuse what is not torch's, what unpacks to too much, and what is damaged (each member's CRC is checked)."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if any(name.endswith('/constants.pkl') for name in names):
                raise ValueError(f'{path} is a TorchScript program, not weights: save the state dict with torch.save.')
            pickles = [member for member in members if member.filename.endswith('data.pkl')]
            if not pickles:
                held = ', '.join(map(repr, names[:3])) or 'nothing'
                raise ValueError(f'{path} is a ZIP archive that torch did not write (it holds {held}): unpack it and '
                                 'name the file inside.')
            _check_sizes(path, members, pickles)
            recorded = any(member.CRC for member in members)  # torch can be told to leave them out
            if recorded and (bad := archive.testzip()):
                raise ValueError(f'{path} is damaged: the checksum of its part {bad!r} is wrong. Copy or download it '
                                 'again.')
    except ValueError:
        raise
    except Exception as error:  # whatever a hostile archive makes zipfile raise, the archive is to blame
        raise ValueError(f'{path} cannot be read as a checkpoint: it is cut short or damaged '
                         f'({str(error)[:80] or type(error).__name__}).') from error


def _check_sizes(path: Path, members: list[zipfile.ZipInfo], pickles: list[zipfile.ZipInfo]) -> None:
    """The sizes that an archive's table of contents claims."""
    total, packed = sum(m.file_size for m in members), path.stat().st_size
    if total > limit(LIMIT):
        raise ValueError(f'{path} is refused: unpacked, {too_large(LIMIT)}.')
    if any(m.file_size > PICKLE_LIMIT for m in pickles) or (total > 20 * packed and total > 1 << 24):
        raise ValueError(f'{path} is refused: {packed / 1e6:.1f} MB that unpack to {total / 1e6:.0f} MB are not a '
                         'checkpoint; torch stores weights as they are.')
