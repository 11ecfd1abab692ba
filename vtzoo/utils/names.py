"""Names from outside: in what order they come, as file names, and on a screen or in a table.

A name from a list, an archive, an annotation or another tool's folder is data. It decides neither where
a file is written nor what a terminal, a Markdown reader or a spreadsheet does.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Literal

LONGEST = 180
"""Bytes of a file name made here. File systems allow 255; endings such as '_001.txt' are added."""

_RESERVED = re.compile(r'(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)', re.IGNORECASE)  # of Windows
_JUNK = {'__macosx', 'thumbs.db', 'desktop.ini', '@eadir', '$recycle.bin', 'system volume information'}
_UNSAFE = set('/\\:*?"<>|')
_INVISIBLE = {'Cc', 'Cf', 'Cs', 'Zl', 'Zp'}  # control, formatting (text direction), surrogates, line separators


def natural_key(name: object) -> tuple:
    """A key that sorts names as people count: 2.jpg before 10.jpg.

    The one order of this package, for frames, sequences and files. Equal numbers of other lengths (1, 01)
    keep a fixed order.
    """
    name = str(name)
    parts = re.findall(r'([^0-9]*)([0-9]*)', name)
    numbers = ((text, number.lstrip('0')) for text, number in parts)
    return tuple((text, len(number), number) for text, number in numbers), name


def file_name(name: str) -> str:
    """A name from outside -> one that is a single file or folder name on every system.

    Usual names come back unchanged. Whatever could lead elsewhere or is forbidden somewhere (separators, '..',
    drive letters, control characters, names reserved by Windows, dots in front, dots and spaces at the end)
    is written as %XX of its UTF-8 bytes, and an over-long name ends in a checksum. Different names stay different.

    Raises:
        ValueError: the name is empty.
    """
    if not name:
        raise ValueError('an empty name cannot name a file.')
    safe = re.sub('%(?=[0-9A-Fa-f]{2}|~)', '%25', name)  # so that no name looks like the escape of another
    safe = ''.join(_escape(char) if char in _UNSAFE or unicodedata.category(char) in _INVISIBLE else char
                   for char in safe)
    if safe.startswith('.') or _RESERVED.match(safe):
        safe = _escape(safe[0]) + safe[1:]
    if safe.endswith(('.', ' ')):
        safe = safe[:-1] + _escape(safe[-1])
    data = safe.encode()
    if len(data) > LONGEST:
        checksum = hashlib.sha256(data).hexdigest()[:24]
        safe = data[:LONGEST - 26].decode(errors='ignore') + f'%~{checksum}'
    return safe


def _escape(char: str) -> str:
    return ''.join(f'%{byte:02X}' for byte in char.encode('utf-8', 'surrogatepass'))


def is_file_name(name: str) -> bool:
    """Whether a name is a file name as it stands, see :func:`file_name`."""
    return bool(name) and file_name(name) == name


def tells_case(folder: Path) -> bool:
    """Whether 'Dog' and 'dog' are two files in a folder, which need not be there yet: not so on most disks of Windows
    and macOS. Asked of the nearest folder above that is there; where nothing can be written, the answer is yes."""
    home = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    try:
        with tempfile.NamedTemporaryFile(prefix='.Case', dir=home) as probe:
            return not Path(probe.name).with_name(Path(probe.name).name.swapcase()).exists()
    except OSError:
        return True


def is_inside(path: str) -> bool:
    """Whether a relative path such as 'train/1.jpg', from a file, stays inside the folder it starts from."""
    parts = re.split(r'[/\\]', path)
    return not ('..' in parts or parts[0] == '' or ':' in parts[0] or '\0' in path)


def is_junk(name: str) -> bool:
    """Whether a file or folder is none of the data: what systems, archivers and editors leave behind."""
    return name.startswith('.') or name.casefold() in _JUNK


def show(text: object, where: Literal['screen', 'markdown', 'csv'] = 'screen', longest: int = 2000) -> str:
    """Text from outside, on one line, doing nothing where it is shown.

    Args:
        text: a name, a message, a line of a file.
        where: 'screen': control and formatting characters are written out, as \\x1b; 'markdown': markup and
            links are plain text too; 'csv': nor is a cell a formula (the cell's quoting is the csv writer's).
        longest: characters; the middle of a longer text is left out.
    """
    text = str(text)
    if len(text) > longest:
        text = f'{text[:longest // 2]}...{text[-(longest // 2):]}'
    text = ''.join(char if char.isprintable() else char.encode('unicode_escape').decode() for char in text)
    if where == 'markdown':
        text = text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
        text = re.sub(r'([\\`*\[\]|~!])|(?<![^\W_])_|_(?![^\W_])', lambda mark: '\\' + mark[0], text)
        text = text.replace('://', '&#58;//').replace('www.', 'www&#46;')  # no links by themselves
    if where == 'csv' and text.startswith(('=', '+', '-', '@')):
        text = f"'{text}"  # a spreadsheet shows the rest as text
    return text
