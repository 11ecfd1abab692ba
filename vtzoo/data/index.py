"""The index of a set: every annotation read once, kept outside the data folder, opened at once ever after.

Under ``cache_root()/index/NAME-SPLIT-.../FINGERPRINT/`` lie plain arrays that are mapped, not loaded, and
one line of JSON a sequence. The fingerprint is that of the files a reader watches, and of its code.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import warnings
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vtzoo.data.index_build import build, frames_from_record
from vtzoo.data.reader import Reader
from vtzoo.data.roots import cache_root
from vtzoo.data.sequence import AnnotationError, Dataset, TrackingSequence

FORMAT = 1
"""Of the index; another number makes every index anew."""


class Indexed(Dataset):
    """A set from its index, which is built where it is missing or the set has changed.

    Building can be interrupted and goes on where it was. A sequence that cannot be read stays in its place
    and raises its AnnotationError when it is asked for.

    Args:
        reader: the set.
        skip: sequences to leave out: their names, with None or the frames to leave out; see
            :func:`vtzoo.data.check_report.load_skip_list`.
        cache: where indices are kept, :func:`~vtzoo.data.roots.cache_root` where None.

    Raises:
        AnnotationError: the set is empty, or not one of its sequences can be read.
    """

    def __init__(self, reader: Reader, skip: Mapping[str, list[int] | None] | None = None,
                 cache: str | Path | None = None) -> None:
        self.folder = open_index(reader, Path(cache) if cache else cache_root())
        self.reader = type(reader)  # so that a worker process imports the file of its frame source
        about = json.loads((self.folder / 'about.json').read_text())
        self.name, self.split, self.protocol = reader.name, reader.split, reader.protocol
        self.is_video, self.base = about['is_video'], reader.base
        what = f'{reader.title} {reader.split} in {reader.folder}'
        if len(about['faults']) == about['sequences']:
            raise AnnotationError(f'{what} holds no sequence that can be read; '
                                  f'{about["faults"][0] if about["faults"] else "it is empty"}')
        if about['faults']:
            warnings.warn(f'{what}: {len(about["faults"])} of {about["sequences"]} sequences cannot be read, such as: '
                          f'{about["faults"][0]} `vtzoo data check` lists them.', stacklevel=2)
        self.skip = dict(skip or {})
        whole = {name for name, frames in self.skip.items() if frames is None}
        self._kept = range(about['sequences']) if not whole else [
            number for number, name in enumerate(self._names) if name not in whole]

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def names(self) -> list[str]:
        """The sequences' names."""
        return [self._names[number] for number in self._kept]

    def first(self, attribute: str) -> np.ndarray:
        """(S,) an array attribute at every sequence's first frame, such as COCO's 'objects'."""
        return np.take(self._arrays[attribute], self._arrays['places'][list(self._kept), 1], axis=0, mode='clip')

    def __getitem__(self, index: int) -> TrackingSequence:
        number, arrays = self._kept[index], self._arrays
        (start, first), (stop, last) = arrays['places'][number:number + 2].tolist()
        record = json.loads(arrays['records'][start:stop].tobytes())
        if 'fault' in record:
            raise AnnotationError(record['fault'])
        part = {name: arrays[name][first:last] for name in ('boxes', 'visible', *record['arrays'])}
        frames = frames_from_record(record['frames'], part.pop('members', None))
        sequence = TrackingSequence(record['name'], frames, part.pop('boxes'), part.pop('visible'),
                                    part | record['attributes'])
        left_out = self.skip.get(sequence.name)
        return sequence if left_out is None else sequence.select(np.setdiff1d(np.arange(len(sequence)), left_out))

    @cached_property
    def _names(self) -> list[str]:
        return json.loads((self.folder / 'names.json').read_text())

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        mapped = {path.stem: np.load(path, mmap_mode='r') for path in self.folder.glob('*.npy')}
        return {name: np.asarray(array) for name, array in mapped.items()}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != '_arrays'}


def open_index(reader: Reader, cache: Path) -> Path:
    """The folder of a set's index, built first where there is none that fits."""
    key = json.dumps([FORMAT, type(reader).__name__, reader.split, str(reader.folder.resolve()), reader.variant])
    home = cache / 'index' / f'{reader.name}-{reader.split}-{hashlib.sha256(key.encode()).hexdigest()[:12]}'
    state = fingerprint(reader)
    folder = home / state
    if not (folder / 'about.json').is_file():
        try:
            build(reader, home / f'building-{state}', folder)
        except FileNotFoundError:
            if not (folder / 'about.json').is_file():  # else another process was first, and has cleared up
                raise
        for other in home.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
    return folder


def fingerprint(reader: Reader) -> str:
    """Changes with the reader's code, and with time or size of anything it watches."""
    digest = hashlib.sha256()
    for cls in type(reader).__mro__:
        code = getattr(sys.modules[cls.__module__], '__file__', None)
        digest.update(Path(code).read_bytes() if code else b'')
    digest.update('\n'.join(map(_state, reader.watched())).encode('utf-8', 'surrogatepass'))
    return digest.hexdigest()[:16]


def _state(path: str | Path) -> str:
    try:
        state = os.stat(path)
    except (OSError, ValueError):  # ValueError: a name with a zero byte
        return f'{path} missing'
    return f'{path} {state.st_mtime_ns} {state.st_size}'
