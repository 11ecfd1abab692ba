"""Building an index: a set is read in parts that survive an interruption, then written as plain arrays."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from vtzoo.data.reader import Reader
from vtzoo.data.sequence import INDEXED, AnnotationError, FrameSource, Numbered, TrackingSequence
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.progress import progress

SAVE_EVERY = 5.0
"""Seconds of reading that an interruption may lose."""


def build(reader: Reader, building: Path, folder: Path) -> None:
    """Read a whole set into ``folder``, by parts in ``building`` that an interruption leaves behind."""
    building.mkdir(parents=True, exist_ok=True)
    left = {int(path.stem.split('-')[0]): path for path in building.glob('*-*.npz')}
    parts, start = [], 0
    while start in left:
        parts.append(left[start])
        start = int(left[start].stem.split('-')[1])
    videos, part, saved = reader.videos, _Part(), time.monotonic()
    remaining = range(start, len(videos))
    for number in progress(remaining, f'indexing {reader.title} {reader.split}'):
        part.add(reader, videos[number])
        if time.monotonic() - saved > SAVE_EVERY or number == remaining[-1]:
            parts.append(part.save(building / f'{start}-{number + 1}.npz'))
            part, start, saved = _Part(), number + 1, time.monotonic()
    finished = building / f'finished-{os.getpid()}'
    _merge(parts, finished, reader.is_video)
    if not folder.exists():  # another process may have been first; both read the same
        finished.rename(folder)


class _Part:
    """Some sequences in memory: a record each, and the arrays of their frames."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.lengths: list[int] = []
        self.arrays: dict[str, dict[int, np.ndarray]] = defaultdict(dict)  # name -> sequence -> array

    def add(self, reader: Reader, video: str) -> None:
        """Read a video; what is wrong with it is kept in its place."""
        try:
            sequences = reader.read(video)
        except AnnotationError as error:
            if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError):
                raise  # a disk that fails, or a file we may not read, is not the set's fault
            self.records.append(dict(name=video, fault=str(error)))
            self.lengths.append(0)
            return
        for sequence in sequences:
            self._add(sequence)

    def _add(self, sequence: TrackingSequence) -> None:
        frames, members = frames_to_record(sequence.frames)
        extra = {name: value for name, value in sequence.attributes.items() if isinstance(value, np.ndarray)}
        plain = {name: value for name, value in sequence.attributes.items() if name not in extra}
        if members is not None:
            extra['members'] = members
        for name, array in dict(boxes=sequence.boxes, visible=sequence.visible, **extra).items():
            if len(array) != len(sequence) or array.dtype.hasobject:
                raise ValueError(f'{sequence.name}: {name!r} must hold a number for each of {len(sequence)} frames.')
            self.arrays[name][len(self.records)] = array
        self.records.append(dict(name=sequence.name, frames=frames, arrays=sorted(extra), attributes=plain))
        self.lengths.append(len(sequence))

    def save(self, path: Path) -> Path:
        """Write it whole or not at all; zeros where a sequence lacks an array that others have."""
        ends = np.cumsum([0, *self.lengths])
        whole = {}
        for name, arrays in self.arrays.items():
            some = next(iter(arrays.values()))
            whole[name] = np.zeros((ends[-1], *some.shape[1:]), some.dtype)
            for number, array in arrays.items():
                whole[name][ends[number]:ends[number + 1]] = array
        records = np.frombuffer(json.dumps(self.records).encode(), np.uint8)
        write_atomically(path, lambda file: np.savez(
            file, records_=records, lengths_=np.array(self.lengths, np.int64), **whole))
        return path


def _merge(parts: list[Path], folder: Path, is_video: bool) -> None:
    """Write the parts as one index: arrays over all frames, a line of JSON a sequence and where it lies."""
    folder.mkdir(exist_ok=True)
    records, lengths, forms = [], [], {}
    for path in parts:
        with np.load(path) as part:
            records += json.loads(part['records_'].tobytes())
            lengths += part['lengths_'].tolist()
            forms |= {name: part[name][:0] for name in part.files if name not in forms and not name.endswith('_')}
    arrays = {name: np.lib.format.open_memmap(folder / f'{name}.npy', 'w+', form.dtype, (sum(lengths), *form.shape[1:]))
              for name, form in forms.items()}
    first = 0
    for path in parts:
        with np.load(path) as part:
            last = first + int(part['lengths_'].sum())
            for name in arrays.keys() & set(part.files):
                arrays[name][first:last] = part[name]
            first = last
    for array in arrays.values():
        array.flush()
    lines = [json.dumps(record).encode() for record in records]
    np.save(folder / 'records.npy', np.frombuffer(b''.join(lines), np.uint8))
    np.save(folder / 'places.npy', np.cumsum([(0, 0), *zip(map(len, lines), lengths, strict=True)], axis=0))
    (folder / 'names.json').write_text(json.dumps([record['name'] for record in records]))
    faults = [record['fault'] for record in records if 'fault' in record]
    (folder / 'about.json').write_text(json.dumps(dict(is_video=is_video, sequences=len(records), faults=faults)))


def frames_to_record(frames: FrameSource) -> tuple[dict[str, Any], np.ndarray | None]:
    """A frame source -> plain data, and its archive members where it has any."""
    if type(frames).__name__ not in INDEXED:
        raise ValueError(f'an index cannot hold frames of {type(frames).__name__}; known: {", ".join(INDEXED)}. '
                         'Mark its class @indexed, from vtzoo.data.sequence.')
    record = {field.name: getattr(frames, field.name) for field in dataclasses.fields(frames) if field.init}
    members = record.pop('members', None)
    for key, value in record.items():
        if isinstance(value, Path):
            record[key] = str(value)
        elif isinstance(value, Numbered):
            record[key] = dataclasses.asdict(value)
    return dict(record, source=type(frames).__name__), members


def frames_from_record(record: dict[str, Any], members: np.ndarray | None) -> FrameSource:
    """The frame source of :func:`frames_to_record`."""
    given = {key: Path(value) if key in ('folder', 'archive', 'path') else value for key, value in record.items()}
    if isinstance(given.get('names'), dict):
        given['names'] = Numbered(**given['names'])
    if members is not None:
        given['members'] = members
    return INDEXED[given.pop('source')](**given)
