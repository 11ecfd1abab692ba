"""One data root, no path files: where a set is looked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

ROOT = 'VTZOO_DATA'
"""Environment variable: the folder that holds the sets' folders."""


def data_root(named: str | Path | None = None) -> Path | None:
    """The folder that holds ``got10k``, ``lasot``, ...: the named one, else $VTZOO_DATA, else ``data``
    where it exists, else None."""
    if named is not None:
        return Path(named)
    if os.environ.get(ROOT):
        return Path(os.environ[ROOT])
    return Path('data') if Path('data').is_dir() else None


def find_set(root: str | Path | None, names: Iterable[str], what: str) -> Path:
    """The folder of a set under the root, by one of its usual names.

    Raises:
        FileNotFoundError: there is none; lists what was tried.
    """
    root = data_root(root)
    if root is None:
        raise FileNotFoundError(f'{what} needs a data root: name one with --data ROOT or ${ROOT}.')
    tried = [root / name for name in names]
    for folder in tried:
        if folder.is_dir():
            return folder
    listed = ', '.join(map(str, tried))
    raise FileNotFoundError(f'{what} is not under the data root {root}; looked for {listed}.')
