"""Weights inside the package: small trackers that follow objects right after ``pip install``.

``vtzoo/weights/shipped.json`` says which config is the default one and, for every config with weights, its file
and the file's SHA-256. To ship a tracker: ``vtzoo convert best.pth vtzoo/weights/NAME.safetensors --half``, then its
row in that table.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from vtzoo.utils.digest import sha256

FOLDER = Path(__file__).parents[1] / 'weights'


@cache
def table() -> dict[str, Any]:
    """The table as it stands in the package."""
    return json.loads((FOLDER / 'shipped.json').read_text('utf-8'))


def default_config() -> str:
    """The config that ``load_tracker()`` and ``vtzoo demo`` take where none is named: the best of the shipped ones."""
    return table()['default']


def shipped_configs() -> list[str]:
    """The configs whose weights are in the package."""
    return sorted(table()['weights'])


def shipped_file(config: str) -> Path | None:
    """A config's file in the package; None: it has none.

    Raises:
        ValueError: the file is not the one that was shipped.
    """
    row = table()['weights'].get(config)
    if row is None:
        return None
    path = FOLDER / row['file']
    if not path.is_file() or sha256(path) != row['sha256']:
        raise ValueError(f'{path} is missing or damaged (its SHA-256 is not {row["sha256"][:12]}...): '
                         'install vtzoo again.')
    return path
