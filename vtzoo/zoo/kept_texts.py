"""Texts about configs of the zoo, kept once they were made.

Making one imports torch and builds the tracker, which takes seconds. It changes only with vtzoo or what it builds on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vtzoo.config import config_name, find_config, travelling_folder
from vtzoo.data.roots import cache_root
from vtzoo.utils.atomic import write_atomically

BUILT_ON = ('torch', 'torchvision', 'mmengine', 'timm', 'einops')


def kept_text(kind: str, config: str, make: Callable[[], str], *depends: object) -> str:
    """What ``make`` gives, from the cache where it was made before from the same files.

    Configs from outside are made anew each time: they may build on any file.

    Args:
        kind: what it is: 'cite', 'explain'.
        config: a name of the zoo.
        make: makes the text.
        depends: what else it depends on, as plain data.
    """
    file = find_config(config)
    if not file.resolve().is_relative_to(travelling_folder('configs').resolve()):
        return make()
    name = config_name(file)
    path = cache_root() / 'texts' / f'{kind}-{name.replace("/", "-")}.json'
    state = hashlib.sha256(json.dumps([_state(), kind, name, depends]).encode()).hexdigest()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # there is none, or none that can be read
        kept = json.loads(path.read_text('utf-8'))
        if kept['state'] == state:
            return str(kept['text'])
    text = make()
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, no more
        write_atomically(path, json.dumps(dict(state=state, text=text)))
    return text


def _state() -> list[object]:
    """Changes with any file of vtzoo, its configs and its cards, and with the packages it builds on."""
    package = Path(__file__).parents[1]
    folders = dict.fromkeys([package, travelling_folder('configs'), travelling_folder('model_cards')])
    found = []
    for folder in folders:
        for where, inner, names in os.walk(folder):
            inner[:] = [one for one in inner if one != '__pycache__']
            for name in names:
                if name.endswith(('.py', '.md', '.bib', '.csv')):
                    about = os.stat(os.path.join(where, name))
                    found.append((os.path.join(where, name), about.st_size, about.st_mtime_ns))
    return [sorted(found), [_version(name) for name in BUILT_ON]]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
