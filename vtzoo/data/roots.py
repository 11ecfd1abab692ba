"""One data root, no path files: where a set is looked for, and where its index is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = 'VTZOO_DATA'
"""Environment variable: the folder that holds the sets' folders."""
CACHE = 'VTZOO_CACHE'
"""Environment variable: the folder for the sets' indices."""


def data_root(named: str | Path | None = None) -> Path | None:
    """The folder that holds ``got10k``, ``lasot``, ...: the named one, else $VTZOO_DATA, else ``data``
    where it exists, else None."""
    if named is not None:
        return Path(named)
    if os.environ.get(ROOT):
        return Path(os.environ[ROOT])
    return Path('data') if Path('data').is_dir() else None


def find_set(root: str | Path | None, names: Iterable[str], what: str, holds: str = '') -> Path:
    """The folder of a set under the root, by one of its usual names.

    Args:
        root: see :func:`data_root`.
        names: the usual names.
        what: the set, for the message.
        holds: a file or folder that is inside, where several sets share a name.

    Raises:
        FileNotFoundError: there is none; lists what was tried.
    """
    root = data_root(root)
    if root is None:
        raise FileNotFoundError(f'{what} needs a data root: name one with --data ROOT or ${ROOT}.')
    tried = [root / name for name in names]
    for folder in tried:
        if folder.is_dir() and (folder / holds).exists():
            return folder
    listed = ', '.join(str(folder / holds) for folder in tried)
    raise FileNotFoundError(f'{what} is not under the data root {root}; looked for {listed}.')


def cache_root() -> Path:
    """The folder for what can be made again: $VTZOO_CACHE, else ``vtzoo`` in the system's cache folder."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE])
    if sys.platform == 'win32':
        system = os.environ.get('LOCALAPPDATA') or Path.home() / 'AppData' / 'Local'
    elif sys.platform == 'darwin':
        system = Path.home() / 'Library' / 'Caches'
    else:
        system = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(system) / 'vtzoo'
