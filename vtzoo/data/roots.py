"""One data root, no path files: where a set is looked for, and where its index is kept."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from vtzoo.utils.names import is_junk, natural_key

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


def find_set(root: str | Path | None, names: Iterable[str], what: str, holds: str = '',
             recognised: Callable[[Path], bool] | None = None) -> Path:
    """The folder of a set: under the root by one of its usual names, one folder deeper, or the root itself.

    Args:
        root: see :func:`data_root`.
        names: the usual names.
        what: the set, for the message.
        holds: a file or folder that is inside, where several sets share a name.
        recognised: whether a folder holds what only the set has. Without it, only a usual name will do.

    Raises:
        FileNotFoundError: there is none; lists what was tried.
    """
    root = data_root(root)
    if root is None:
        raise FileNotFoundError(f'{what} needs a data root: name one with --data ROOT or ${ROOT}.')
    tried = [root / name for name in names]
    there = [folder for folder in tried if folder.is_dir()]
    inner = (folder for outer in there for folder in folders_in(outer))
    for folder in itertools.chain(there, inner, [root]) if recognised else ():
        with contextlib.suppress(OSError):  # a folder we may not look into
            if (folder / holds).exists() and recognised(folder):
                return folder
    for folder in there:  # by its name alone; its reader says what is missing
        if (folder / holds).exists():
            return folder
    listed = ', '.join(str(folder / holds) for folder in tried)
    raise FileNotFoundError(f'{what} is not under the data root {root}; looked for {listed}.')


def folders_in(folder: Path, most: int = 50) -> list[Path]:
    """Some folders in a folder, in natural order; none where we may not look into it."""
    try:
        found = (path for path in folder.iterdir() if not is_junk(path.name) and path.is_dir())
        return sorted(itertools.islice(found, most), key=natural_key)
    except OSError:
        return []


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
