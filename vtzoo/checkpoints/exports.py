"""Folders that ``vtzoo export`` wrote: telling them, and reading what they say of themselves. Data only, never code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmengine.config import Config

SETTINGS = 'settings.json'
VERSION = 1
"""Of the folder's layout."""
KINDS = dict(config=str, format=str, precision=str, model=dict, crop=dict, normalise=dict, tracking=dict, head=dict,
             graphs=dict)
"""What the settings of every export hold."""


def is_export(path: str | Path) -> bool:
    """Whether a path is the folder of an export, or the settings in it."""
    return Path(path).name == SETTINGS or (Path(path) / SETTINGS).is_file()


def settings_file(path: str | Path) -> Path:
    """The settings of an export that is named by its folder or by that file."""
    return Path(path) if Path(path).name == SETTINGS else Path(path) / SETTINGS


def read_settings(path: str | Path) -> dict[str, Any]:
    """What an export says of itself.

    Raises:
        ValueError: it is not an export, or one of another layout.
    """
    path = settings_file(path)
    try:
        settings = json.loads(path.read_text('utf-8'))
    except FileNotFoundError:
        raise ValueError(f'{path.parent} is not an exported tracker: it has no {SETTINGS}.') from None
    except (ValueError, OSError) as error:
        raise ValueError(f'{path} cannot be read ({error}): export the tracker again.') from None
    if not isinstance(settings, dict) or settings.get('version') != VERSION:
        raise ValueError(f'{path} is not of layout {VERSION}, which this vtzoo reads: export the tracker again.')
    for name, kind in KINDS.items():
        if not isinstance(settings.get(name), kind):
            raise ValueError(f'{path} has no {name!r}, or one of another kind: export the tracker again.')
    return settings


def config_of(path: str | Path) -> Config:
    """The config of an exported tracker: its name, model and tracking settings."""
    settings = read_settings(path)
    return Config(dict(name=settings['config'], model=settings['model'], tracking=settings['tracking']))
