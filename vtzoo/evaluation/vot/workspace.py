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
from vtzoo.evaluation.vot.measures import Run, VOTScores, vot_scores
from vtzoo.evaluation.vot.regions import is_empty, overlap, parse_region, read_regions
from vtzoo.utils.atomic import write_atomically

TRACKERS_FILE = 'trackers.ini'
TIMEOUT = 300
"""Seconds the toolkit waits for an answer; loading a network on a busy machine takes more than its 30."""
_ENTRY = '''"""{config} for the VOT toolkit. Written by `vtzoo vot init`."""
from vtzoo.evaluation.vot.entry import serve

if __name__ == '__main__':
    serve({config!r}, {checkpoint!r}, {device!r})
'''


def add_tracker(workspace: Path, config: str, checkpoint: str, device: str = 'cpu') -> str:
    """Write a tracker's description (trackers.ini, other trackers in it are kept) and its entry script.

    Returns:
        its name in the toolkit.

    Raises:
        ValueError: config and checkpoint do not make a tracker.
    """
    load_tracker(config, checkpoint, 'cpu', 'vot2020')
    name = 'vtzoo_' + re.sub(r'\W', '_', load_config(config).name)
    config = str(find_config(config).resolve()) if Path(config).is_file() else config
    checkpoint = str(Path(checkpoint).resolve()) if Path(checkpoint).exists() else checkpoint
    write_atomically(workspace / f'{name}.py', _ENTRY.format(config=config, checkpoint=checkpoint, device=device))
    trackers = read_trackers(workspace)
    # The toolkit puts nothing but ``paths`` on PYTHONPATH, so a checkout of vtzoo has to be among them.
    paths = os.pathsep.join(map(str, (workspace.resolve(), Path(vtzoo.__file__).parents[1])))
    trackers[name] = dict(label=name, protocol='traxpython', command=name, paths=paths, python=sys.executable,
                          timeout=str(TIMEOUT))
    with open(workspace / TRACKERS_FILE, 'w') as file:
        trackers.write(file)
    return name


def read_trackers(workspace: Path) -> configparser.ConfigParser:
    """The trackers of a workspace, with the toolkit's own spelling of keys."""
    trackers = configparser.ConfigParser(interpolation=None)
    trackers.read(workspace / TRACKERS_FILE)
    return trackers


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
    for name in listed.read_text().split():
        folder = workspace / 'sequences' / name
        about = dict(line.split('=', 1) for line in (folder / 'sequence').read_text().splitlines() if '=' in line)
        truth = [parse_region(line.strip()) for line in (folder / 'groundtruth.txt').read_text().splitlines()]
        size = int(about['width']), int(about['height'])
        runs = [_run(results / name / f'{name}_{anchor:08d}', truth[anchor:] if forward else truth[anchor::-1], size)
                for anchor, forward in _anchors(folder / 'anchor.value')]
        if not runs:
            raise ValueError(f'{folder} has no anchors: anchor.value marks none.')
        sequences.append((runs, len(truth)))
    return vot_scores(sequences)


def _anchors(path: Path) -> list[tuple[int, bool]]:
    """Frame and direction of each run: forward ones first, as the toolkit counts them."""
    values = np.loadtxt(path, ndmin=1) if path.is_file() else np.zeros(0)
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
