"""How large a file may be before it is taken for damaged or hostile: far above real data, and stated.

Each limit can be raised by an environment variable of its name, such as VTZOO_MAX_TEXT_MB=500.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

LIMITS = dict(
    VTZOO_MAX_TEXT_MB=64,  # an annotation or result file; LaSOT's longest has 0.2 MB, VOT's masks some MB
    VTZOO_MAX_LINES=1000000,  # lines of such a file, and frames of a video; an hour at 240 a second has 864,000
    VTZOO_MAX_JSON_MB=1536,  # a JSON annotation; COCO's training set has 450 MB, LVIS's 1.2 GB
    VTZOO_MAX_FRAME_MB=512,  # an image file, or a member of an archive
    VTZOO_MAX_ZIP_MB=256,  # the list of contents of a ZIP archive; of all 1.3 million pictures of ImageNet 150 MB
    VTZOO_MAX_MEGAPIXELS=160,  # an image; 16K video has 133
    VTZOO_MAX_DOWNLOAD_GB=8,  # a file of weights; the largest released tracker has 1.5 GB
    VTZOO_MAX_CHECKPOINT_GB=32,  # what a checkpoint unpacks to
)

_UNIT = dict(MB=2**20, GB=10**9, MEGAPIXELS=10**6, LINES=1)


def limit(name: str) -> int:
    """A limit in bytes, lines or pixels: the environment's, else the stated one.

    Raises:
        ValueError: the environment holds something other than a number above 0.
    """
    text = os.environ.get(name)
    try:
        value = float(text) if text else float(LIMITS[name])
        if not 0 < value < 1e9:
            raise ValueError
    except ValueError:
        raise ValueError(f'{name}={text} is not a number above 0: write {name}={LIMITS[name]}, its default.') from None
    return int(value * _UNIT[name.rpartition('_')[2]])


def read_bytes(path: str | Path, name: str) -> bytes:
    """A file's contents, if it is a regular file within a limit.

    Pipes and devices, which may never end, are refused before they are opened.

    Raises:
        OSError: it cannot be read, or is not a regular file; as the system says it.
        ValueError: it is larger than the limit; says which to raise.
    """
    kind = os.stat(path).st_mode
    if not stat.S_ISREG(kind):
        raise IsADirectoryError(None, 'it is a folder') if stat.S_ISDIR(kind) else OSError(
            None, 'it is a pipe or a device, not a file')
    most = limit(name)
    with open(path, 'rb') as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(too_large(name))
    return data


def too_large(name: str) -> str:
    """The end of a sentence about a file beyond a limit."""
    unit = name.rpartition('_')[2]
    most = f'{limit(name) / _UNIT[unit]:,g} {unit if unit in ("MB", "GB") else unit.lower()}'
    return f'it has more than {most}; if it is sound, set {name} higher'
