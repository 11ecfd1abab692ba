"""Looking at every frame and every box under a data root."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vtzoo.data.annotations import has_size
from vtzoo.data.index import fingerprint
from vtzoo.data.leakage import is_held_out
from vtzoo.data.reader import Broken, Reader
from vtzoo.data.roots import folders_in
from vtzoo.data.rows import in_fractions
from vtzoo.data.sequence import AnnotationError, FrameError, MissingFrameError, MissingSequenceError, TrackingSequence
from vtzoo.data.videos import VideoFrames, played_frames
from vtzoo.registry import DATASETS, find, names
from vtzoo.utils.errors import RunError
from vtzoo.utils.names import show
from vtzoo.utils.progress import progress

ABSENT, ANNOTATION, MISSING, CORRUPT, RESIZED, SIZELESS, OUTSIDE, INVISIBLE, FRACTIONS = (
    'missing sequence', 'unreadable or wrong count', 'missing frame', 'corrupt frame', 'resolution change',
    'box without size', 'box outside the image', 'target never visible', 'boxes in fractions, not pixels')
"""What can be wrong with a sequence."""

Faults = list[tuple[str, int, str]]  # kind, frame, message


def find_readers(root: str | Path, sets: Iterable[str] = ()) -> list[Reader]:
    """Readers of all sets under a root, or of those named by class ('GOT10k', or 'got10k').

    Raises:
        ValueError: a name is unknown.
        FileNotFoundError: a named set, or every set, is missing.
    """
    known = {name.lower().replace('_', ''): find(DATASETS, name) for name in names(DATASETS)}
    known = {name: cls for name, cls in known.items() if issubclass(cls, Reader)}
    wanted = [name.lower().replace('_', '') for name in sets]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f'there is no set called {unknown[0]!r}; known: {", ".join(known)}.')
    readers = []
    for name in wanted or known:
        found = known[name].found(root)
        if wanted and not found:
            known[name](root=root)  # raises, saying where it looked
        readers += map(_listed, found)
    if not readers:
        holds = ', '.join(show(path.name, longest=40) for path in folders_in(Path(root), 5)) or 'no folders'
        looked = '; '.join(f'{cls.title} in {" or ".join(cls.folders[:3])}' + (
            f' (holding {" or ".join(cls.signs[:2])})' if cls.signs else '') for cls in known.values()
            if hasattr(cls, 'folders'))
        raise FileNotFoundError(f'there is no set under {root}, which holds {holds}. Looked for {looked}; your own '
                                'data in own (videos or folders of frames, with boxes). See vtzoo/data/README.md.')
    return readers


def _listed(reader: Reader) -> Reader:
    """The reader, or what stands for it where its videos cannot be listed."""
    try:
        len(reader.videos)
    except AnnotationError as error:
        return Broken(type(reader), reader.split, reader.folder, error, reader.name)
    return reader


def check_sequence(sequence: TrackingSequence, base: int = 0, held_out: bool = False) -> dict[str, Any]:
    """Look at every frame and box of a sequence.

    Args:
        sequence: as a reader gives it.
        base: the set's, see :class:`~vtzoo.data.sequence.Dataset`.
        held_out: it is for judging, so its first frame must have a box.

    Returns:
        ``name``, ``frames``, ``faults`` (dicts of kind, frames and the first message), ``notes`` (what is
        usual: name -> count), ``digest`` of the first frame (None: it cannot be read, or is blank).
    """
    faults, size, digest = [], None, None
    for index in range(len(sequence)):
        try:  # the first tells the size to the pixel; at 1/8 the others show that they decode, and twice as fast
            image = sequence.frames.read(index, 8 if size else 1, thorough=True)
        except Exception as error:  # whatever one frame does, the others are looked at
            what = str(error) if isinstance(error, FrameError) else f'{sequence.frames.where(index)}: {error!r}'
            faults.append((MISSING if isinstance(error, MissingFrameError) else CORRUPT, index, what))
            continue
        if size is None:
            size = image.shape[1::-1]
            digest = hashlib.sha256(image.tobytes()).hexdigest()[:32] if image.std() > 3 else None
        elif image.shape[1::-1] != tuple(-(-side // 8) for side in size):
            faults.append((RESIZED, index, f'{sequence.frames.where(index)} is not {size[0]}x{size[1]} as the first.'))
    known = sequence.attributes.get('lacks') != 'annotation'
    notes = _check_boxes(sequence, base, size, held_out, faults) if size and known else {}
    if sequence.attributes.get('lacks'):
        notes[f'sequences without {sequence.attributes["lacks"]}'] = 1
    if isinstance(sequence.frames, VideoFrames) and (said := played_frames(sequence.frames.path)[1]) > len(sequence):
        notes['frames that a video says it has and that do not play'] = said - len(sequence)
    groups: dict[str, dict[str, Any]] = {}
    for kind, frame, message in faults:
        groups.setdefault(kind, dict(kind=kind, frames=[], message=message))['frames'].append(frame)
    return dict(name=sequence.name, frames=len(sequence), faults=list(groups.values()), notes=notes, digest=digest)


def _check_boxes(sequence: TrackingSequence, base: int, size: tuple[int, int], held_out: bool,
                 faults: Faults) -> dict[str, int]:
    """Adds to the faults; -> notes."""
    boxes, sized = sequence.boxes, has_size(sequence.boxes)
    first, last = boxes[:, :2] - base, boxes[:, :2] - base + boxes[:, 2:]
    away = sequence.visible & ((first >= size) | (last <= 0)).any(1)
    over = sized & ~away & ((first < -1) | (last > np.array(size) + 1)).any(1)
    absent = sequence.attributes.get('absent', ~sized)  # sets without flags say it by the box
    sizeless = ~sized & ~absent
    sizeless[0] |= held_out and not sized[0]  # no tracker could start there
    if in_fractions(boxes):
        faults.append((FRACTIONS, 0, f'{sequence.name} has boxes such as {boxes[sized][0].tolist()}.'))
        away[:] = False
    for kind, wrong in ((OUTSIDE, away), (SIZELESS, sizeless)):
        faults += [(kind, i, f'{sequence.frames.where(i)} has the box {boxes[i].tolist()}.')
                   for i in wrong.nonzero()[0].tolist()]
    if not sequence.visible.any():
        faults.append((INVISIBLE, 0, f'{sequence.name} has no frame with a box to use.'))
    notes = {'frames without a box': int((~sized & ~sizeless).sum()), 'boxes partly outside': int(over.sum())}
    return {name: count for name, count in notes.items() if count}


def check(readers: list[Reader], workers: int, unfinished: Path) -> list[dict[str, Any]]:
    """Check sets in several processes. An interrupted check goes on from the file ``unfinished``.

    Returns:
        For each video ``set`` ('name/split'), ``video`` and ``sequences``, of :func:`check_sequence`.
    """
    header = json.dumps([[reader.name, reader.split, str(reader.folder), fingerprint(reader)] for reader in readers])
    lines = unfinished.read_text().splitlines() if unfinished.exists() else []
    results = []
    for line in lines[1:] if lines[:1] == [header] else ():
        with contextlib.suppress(json.JSONDecodeError):  # the line an interruption cut
            results.append(json.loads(line))
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text('\n'.join([header, *map(json.dumps, results), '']))
    done = {(result['set'], result['video']) for result in results}
    total = sum(len(reader.videos) for reader in readers) - len(done)
    tasks = (task for reader in readers for task in _tasks(reader, done))
    with open(unfinished, 'a') as file:
        for result in progress(_in_parallel(tasks, workers), 'checking', total):
            results.append(result)
            file.write(json.dumps(result) + '\n')
            file.flush()
    return results


def _tasks(reader: Reader, done: set[tuple[str, str]]) -> Iterator[tuple]:
    """What _check_video takes: annotations are read here, frames by the workers."""
    key = f'{reader.name}/{reader.split}'
    for video in reader.videos:
        if (key, video) not in done:
            try:
                sequences, fault = reader.read(video), None
            except Exception as error:  # whatever one sequence does, the others are looked at
                kind = ABSENT if isinstance(error, MissingSequenceError) else ANNOTATION
                what = str(error) if isinstance(error, AnnotationError) else f'{video} cannot be read: {error!r}'
                sequences, fault = [], dict(kind=kind, frames=[], message=what)
            yield key, video, sequences, fault, reader.base, is_held_out(reader.name, reader.split)


def _check_video(task: tuple) -> dict[str, Any]:
    key, video, sequences, fault, base, held_out = task
    checked = [check_sequence(sequence, base, held_out) for sequence in sequences]
    if fault:
        checked = [dict(name=video, frames=0, faults=[fault], notes={}, digest=None)]
    return dict(set=key, video=video, sequences=checked)


def _in_parallel(tasks: Iterator[tuple], workers: int) -> Iterator[dict[str, Any]]:
    """The tasks checked, in order, a few ahead in other processes."""
    if workers <= 1:
        yield from map(_check_video, tasks)
        return
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(workers, context, _prepare_worker) as pool:
        ahead: deque = deque()
        try:
            for task in tasks:
                ahead.append(pool.submit(_check_video, task))
                if len(ahead) > 8 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool as error:
            raise RunError('a worker process died, perhaps for want of memory: run the same again to go on, with fewer '
                           '--workers.') from error
        finally:
            pool.shutdown(cancel_futures=True)


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process stops them
    cv2.setNumThreads(1)
