"""Submissions to the servers that withhold their truth: checked first, then written exactly as they take them."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.evaluation.result_text import read_boxes
from vtzoo.evaluation.results import ResultFolder
from vtzoo.evaluation.run_record import RUN_FILE, read_run
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.errors import ListError
from vtzoo.utils.names import is_file_name, is_junk, natural_key, show
from vtzoo.utils.progress import progress
from vtzoo.utils.require import require

SAID = 50
"""How many problems are listed."""
Frames = Mapping[str, int | None]
"""Sequence -> how many frames it has; None: not known."""


@dataclass(frozen=True)
class Server:
    """What a server takes.

    Args:
        title: of the set.
        benchmark: its name here.
        sequences: how many there are.
        files: name and boxes of each repetition and seconds (F, repetitions) -> member of the zip -> its rows.
        repetitions: how many it averages at most.
        timed: whether it wants times.
    """

    title: str
    benchmark: str
    sequences: int
    files: Callable[[str, list[np.ndarray], np.ndarray | None], dict[str, np.ndarray]]
    repetitions: int = 1
    timed: bool = False


def _got10k_files(name: str, boxes: list[np.ndarray], seconds: np.ndarray | None) -> dict[str, np.ndarray]:
    files = {f'{name}/{name}_{i:03d}.txt': rows for i, rows in enumerate(boxes, 1)}
    return files | {f'{name}/{name}_time.txt': seconds}


SERVERS: Mapping[str, Server] = {
    'got10k': Server('GOT-10k', 'got10k_test', 180, _got10k_files, 3, timed=True),
    'trackingnet': Server('TrackingNet', 'trackingnet', 511, lambda name, boxes, _: {f'{name}.txt': boxes[0]})}


def pack(server: str, results: str | Path, out: str | Path, root: str | Path | None = None,
         overwrite: bool = False) -> str:
    """Check a folder of results and write the submission.

    Args:
        server: 'got10k' or 'trackingnet'.
        results: a folder of results in any layout.
        out: the zip to write.
        root: the data root, to know names and lengths by where the folder has no run.json.
        overwrite: whether a file that is there may be replaced.

    Returns:
        a sentence that says what was written.

    Raises:
        ValueError: something is wrong; a ListError lists everything. Nothing is written then.
    """
    rules, out = SERVERS[server], Path(out)
    if out.suffix != '.zip':
        raise ValueError(f'the servers take a .zip, not {out.name}.')
    if os.path.lexists(out) and not overwrite:
        raise ValueError(f'{out} is there already: name another file, or add --overwrite.')
    expected, known = _expected(server, rules, Path(results), root)
    folder = ResultFolder(results, expected)
    members, problems = {}, _strangers(folder.folder, expected)
    for name, frames in progress(expected.items(), 'checking', len(expected)):
        try:
            boxes, seconds = folder.boxes(name, frames)[:rules.repetitions], None
            if rules.timed:
                seconds = folder.seconds(name, frames)
        except ValueError as error:
            problems.append(str(error).rstrip('.'))
            continue
        wrong = list(_problems(rules, boxes, seconds, frames))
        problems += [f'{name}: {problem}' for problem in wrong]
        if not wrong:
            members |= rules.files(name, boxes, None if seconds is None else seconds[:, :len(boxes)])
    if problems:
        more = [f'and {len(problems) - SAID} more'] if len(problems) > SAID else []
        raise ListError(f'{results} cannot be submitted to {rules.title}, nothing was written:',
                        [*problems[:SAID], *more])
    _write(out, members)
    checked = f'lengths checked against {known}' if known else 'lengths NOT checked: add --data ROOT for that'
    return f'{out}: {len(members)} files of {len(expected)} sequences for the server of {rules.title}; {checked}.'


def _expected(server: str, rules: Server, results: Path, root: str | Path | None) -> tuple[Frames, str | None]:
    """-> the sequences there have to be, and what their lengths are known from."""
    if root is not None:
        dataset = BENCHMARKS[rules.benchmark].open(root)
        sequences = (dataset[i] for i in progress(range(len(dataset)), 'reading the set'))
        expected, known = {sequence.name: len(sequence.frames) for sequence in sequences}, str(root)
    elif (about := read_run(results)) is not None:
        known = RUN_FILE
        if about['benchmark'] != rules.benchmark:
            raise ValueError(f"{results} holds results on {about['benchmark']}, {rules.title}'s server wants those on "
                             f'{rules.benchmark}.')
        expected = about['frames']
    elif server == 'got10k':
        expected, known = {f'GOT-10k_Test_{i:06d}': None for i in range(1, rules.sequences + 1)}, None
    else:
        raise ValueError(f"the names of {rules.title}'s {rules.sequences} sequences are not known: add --data ROOT "
                         f'(its annotations suffice), or keep the {RUN_FILE} of the run.')
    if len(expected) != rules.sequences:
        raise ValueError(f'{rules.title} has {rules.sequences} test sequences, {known} names {len(expected)}.')
    for name in expected:
        require(is_file_name(name), f'{known} names a sequence {show(name)!r}, which cannot name a file of the zip.')
    return expected, known


def _strangers(results: Path, expected: Frames) -> list[str]:
    """Results of sequences that are not in the set."""
    strangers = []
    for path in sorted(results.iterdir(), key=natural_key):
        name = path.name if path.is_dir() else path.stem
        beside = any(name[:mark.start()] in expected for mark in re.finditer('_(?=[A-Za-z])', name))  # _all_scores
        if name not in expected and not beside and not is_junk(path.name) and _holds_boxes(path):
            strangers.append(f'{name}: no sequence of the set has this name')
    return strangers


def _holds_boxes(path: Path) -> bool:
    """Whether a file has a tracker's boxes, or a folder has room for nothing else."""
    if path.is_dir():
        inside = [one.name for one in path.iterdir() if not is_junk(one.name)]
        return not inside or any(one.startswith(path.name) and one.endswith('.txt') for one in inside)
    if path.suffix != '.txt' or not path.is_file():
        return False
    try:
        return bool(read_boxes(path).size)
    except ValueError:
        return False


def _problems(rules: Server, boxes: list[np.ndarray], seconds: np.ndarray | None, frames: int | None) -> Iterable[str]:
    if not boxes:
        yield 'there are no results'
        return
    frames = len(boxes[0]) if frames is None else frames
    for number, rows in enumerate(boxes, 1):
        which = f'repetition {number}: ' if len(boxes) > 1 else ''
        if len(rows) != frames:
            yield f'{which}{len(rows)} boxes for {frames} frames'
        if not np.isfinite(rows).all():
            yield f'{which}{(~np.isfinite(rows)).any(1).sum()} boxes are NaN or infinite'
        if (rows[:, 2:] < 0).any():
            yield f'{which}{(rows[:, 2:] < 0).any(1).sum()} boxes have a negative width or height'
    if not rules.timed:
        return
    if seconds is None:
        yield 'there is no time file, and the server rejects submissions without'
    elif seconds.shape[0] != frames or seconds.shape[1] < len(boxes):
        yield f'its times are of {seconds.shape[0]} frames and {seconds.shape[1]} runs, not {frames} and {len(boxes)}'
    elif not np.isfinite(seconds).all():
        yield 'a time is NaN or infinite'
    elif (seconds < 0).any():
        yield f'{(seconds < 0).sum()} times are negative'


def _write(out: Path, members: Mapping[str, np.ndarray]) -> None:
    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, rows in sorted(members.items()):
                archive.writestr(zipfile.ZipInfo(name), _as_decimals(rows), zipfile.ZIP_DEFLATED)

    write_atomically(out, write)


def _as_decimals(rows: np.ndarray) -> str:
    """Commas between, every digit, never an exponent."""
    return ''.join(','.join(np.format_float_positional(value, trim='-') for value in row) + '\n' for row in rows)
