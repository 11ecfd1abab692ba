"""Workspaces of an installed VOT toolkit: a tracker's entry in one, and the measures of the runs stored there."""

from __future__ import annotations

import configparser
import os
import re
import sys
from pathlib import Path

import numpy as np

import vtzoo
from vtzoo.api import load_tracker
from vtzoo.config import find_config, load_config
from vtzoo.data.rows import parse_numbers
from vtzoo.evaluation.vot.measures import Run, VOTScores, vot_scores
from vtzoo.evaluation.vot.regions import is_empty, overlap, read_regions
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.limits import read_bytes
from vtzoo.utils.names import is_file_name, show
from vtzoo.utils.require import require

TRACKERS_FILE = 'trackers.ini'
TIMEOUT = 300
"""Seconds the toolkit waits for an answer; loading a network on a busy machine takes more than its 30."""
_OURS = 'Written by `vtzoo vot init`.'
_ENTRY = '''"""{config} for the VOT toolkit. ''' + _OURS + '''"""
from vtzoo.evaluation.vot.entry import serve

if __name__ == '__main__':
    serve({config!r}, {checkpoint!r}, {device!r})
'''


def add_tracker(workspace: Path, config: str, checkpoint: str, device: str = 'cpu') -> str:
    """Write a tracker's description (trackers.ini, other trackers in it are kept) and its entry script.

    Returns:
        its name in the toolkit.

    Raises:
        ValueError: config and checkpoint do not make a tracker, or a file that was not written here is in the way.
    """
    name = 'vtzoo_' + re.sub(r'\W', '_', load_config(config).name)
    entry, listed = workspace / f'{name}.py', workspace / TRACKERS_FILE
    if os.path.lexists(entry) and _OURS not in _read(entry):
        raise ValueError(f'{entry} is there and was not written by `vtzoo vot init`: rename it first.')
    read_trackers(workspace)
    load_tracker(config, checkpoint, 'cpu', 'vot2020')
    config = str(find_config(config).resolve()) if Path(config).is_file() else config
    checkpoint = str(Path(checkpoint).resolve()) if Path(checkpoint).exists() else checkpoint
    write_atomically(entry, _ENTRY.format(config=config, checkpoint=checkpoint, device=device))
    # The toolkit puts nothing but ``paths`` on PYTHONPATH, so a checkout of vtzoo has to be among them.
    paths = os.pathsep.join(map(str, (workspace.resolve(), Path(vtzoo.__file__).parents[1])))
    keys = dict(label=name, protocol='traxpython', command=name, paths=paths, python=sys.executable, timeout=TIMEOUT)
    section = f'[{name}]\n' + ''.join(f'{key} = {value}\n' for key, value in keys.items())
    # The rest of the file stays as it is, comments too.
    others = re.sub(rf'(?ms)^\[{name}\].*?(?=^\[|\Z)', '', _read(listed) if listed.is_file() else '').rstrip()
    write_atomically(listed, f'{others}\n\n{section}' if others else section)
    return name


def read_trackers(workspace: Path) -> configparser.ConfigParser:
    """The trackers of a workspace, with the toolkit's own spelling of keys; ValueError where they cannot be read."""
    trackers, path = configparser.ConfigParser(interpolation=None), workspace / TRACKERS_FILE
    try:
        trackers.read_string(_read(path) if path.is_file() else '')
    except configparser.Error as error:
        raise ValueError(f'{path} cannot be read ({show(error)}).') from error
    return trackers


def _read(path: Path) -> str:
    """A text file's contents, if they are of a sensible size; ValueError otherwise, which names it."""
    try:
        return read_bytes(path, 'VTZOO_MAX_TEXT_MB').decode()
    except (ValueError, OSError) as error:
        raise ValueError(f'{path} cannot be read ({getattr(error, "strerror", None) or error}).') from error


def score_workspace(workspace: Path, tracker: str, experiment: str = 'baseline') -> VOTScores:
    """Accuracy, robustness and EAO from the runs that the toolkit stored.

    Raises:
        FileNotFoundError: sequences or runs are missing; says which.
        ValueError: a file cannot be read, or a sequence has no anchors.
    """
    listed = workspace / 'sequences' / 'list.txt'
    if not listed.is_file():
        raise FileNotFoundError(f'{workspace} is no workspace of the VOT toolkit with sequences: there is no {listed}.')
    results = workspace / 'results' / tracker / experiment
    sequences = []
    for name in _read(listed).split():
        require(is_file_name(name), f'{listed} names a sequence {show(name)!r}, which cannot name a folder.')
        folder = workspace / 'sequences' / name
        truth = read_regions(folder / 'groundtruth.txt')
        runs = [_run(results / name / f'{name}_{anchor:08d}', truth[anchor:] if forward else truth[anchor::-1],
                     _size(folder / 'sequence')) for anchor, forward in _anchors(folder / 'anchor.value', len(truth))]
        if not runs:
            raise ValueError(f'{folder} has no anchors: anchor.value marks none.')
        sequences.append((runs, len(truth)))
    return vot_scores(sequences)


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a sequence's images."""
    about = dict(line.split('=', 1) for line in _read(path).splitlines() if '=' in line)
    try:
        return int(about['width']), int(about['height'])
    except (KeyError, ValueError) as error:
        raise ValueError(f'{path} does not say the width and the height of the images.') from error


def _anchors(path: Path, frames: int) -> list[tuple[int, bool]]:
    """Frame and direction of each run: forward ones first, as the toolkit counts them."""
    values = parse_numbers(_read(path), str(path), 1)[:, 0] if path.is_file() else np.zeros(0)
    require(not path.is_file() or len(values) == frames, f'{path} has {len(values)} values for {frames} frames.')
    return [(int(i), True) for i in np.flatnonzero(values > 0)] + [(int(i), False) for i in np.flatnonzero(values < 0)]


def _run(stem: Path, truth: list, size: tuple[int, int]) -> Run:
    path = next((path for path in (stem.with_name(f'{stem.name}{suffix}') for suffix in ('.txt', '.bin'))
                 if path.is_file()), None)
    if path is None:
        raise FileNotFoundError(f'there is no run {stem}.bin or .txt: run `vot evaluate` to its end first.')
    regions = read_regions(path)
    if len(regions) != len(truth):
        raise ValueError(f'{path} has {len(regions)} regions for {len(truth)} frames.')
    overlaps = [overlap(region, target, size) for region, target in zip(regions, truth, strict=True)]
    return Run(np.array(overlaps), np.array([is_empty(target) for target in truth]))
