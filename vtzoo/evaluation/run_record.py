"""run.json: what produced a folder of results, so that results of two runs never mix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.limits import read_bytes
from vtzoo.utils.names import is_junk
from vtzoo.utils.provenance import machine, now, revision, versions

RUN_FILE = 'run.json'


def read_run(folder: str | Path) -> dict[str, Any] | None:
    """What a folder's run.json says; None: there is none.

    Raises:
        ValueError: it is damaged, or no record of a test; names the way out.
    """
    path = Path(folder, RUN_FILE)
    if not path.is_file():
        return None
    try:
        record = json.loads(read_bytes(path, 'VTZOO_MAX_TEXT_MB'))
        if not isinstance(record['benchmark'], str):
            raise ValueError('it is not a record of `vtzoo test`')
        if not all(type(frames) is int for frames in record['frames'].values()):
            raise ValueError('a number of frames is none')
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise ValueError(f'{path} is damaged or no record of `vtzoo test` ({error}): put it back from a copy. Without '
                         'one, delete it to score or pack the results, and test into another folder.') from error
    return dict(partial=False) | record


def claim(folder: Path, about: dict[str, Any], device: str, frames: dict[str, int], first: bool = True) -> None:
    """Write what produces the results, or check that those in the folder are of the same run, and sign it.

    Args:
        folder: of the results.
        about: what decides them.
        device: where they come from.
        frames: sequence -> how many it has.
        first: whether this process signs; of several that share the work, one does.

    Raises:
        ValueError: the folder holds results of another run; says what differs.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f'{folder} is a file: name a folder with --out.')
    record = read_run(folder)
    if record is not None:
        different = [key for key, value in about.items() if record.get(key) != value]
        if different:
            raise ValueError(f'{folder} holds results of another run ({", ".join(different)} differ): name another '
                             'folder with --out, or delete it.')
        if not first:
            return
    elif folder.is_dir() and not all(is_junk(path.name) for path in folder.iterdir()):
        raise ValueError(f'{folder} holds files and no {RUN_FILE} that says what made them: name another with --out.')
    else:
        record = about | dict(frames={}, sessions=[])
    record['frames'] |= frames  # a sequence that could not be read before may be mended now
    session = dict(started=now(), machine=machine(device), revision=revision(), versions=versions())
    record.setdefault('sessions', []).append(session)
    write_atomically(folder / RUN_FILE, json.dumps(record, indent=1))
