"""Whether a tracker's entry answers the VOT toolkit, and if not, what it really says."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vtzoo.evaluation.vot.workspace import TIMEOUT, read_trackers
from vtzoo.utils.errors import ListError
from vtzoo.utils.names import show

FRAMES = 6
TOOLKIT = "'vot-toolkit==0.7.4' 'attributee==0.1.8'"
"""What was seen to work with Python 3.11. With 0.9.0 unsupervised experiments work. Its multi-start experiment stops in
its own code: it hands on an ObjectStatus where a Region is expected, starts at the anchor's frame of a sequence that
already begins there, and reads times as a table. attributee 0.1.10, which pip takes with it, cannot be imported."""


def selftest(workspace: Path, name: str) -> list[tuple[float, ...]]:
    """Run an entry of a workspace on a few drawn frames, as the toolkit would.

    Returns:
        the boxes it answered.

    Raises:
        ValueError: there is no such entry, vot-trax is missing, or the entry failed; with what it said.
    """
    trackers = read_trackers(workspace)
    if name not in trackers:
        raise ValueError(f'{workspace} has no tracker {name!r}; known: {", ".join(trackers.sections()) or "none"}. '
                         '`vtzoo vot init` writes one.')
    try:
        from trax import TraxException
        from trax.client import Client
    except ImportError as error:
        raise ValueError(f'the VOT toolkit is not installed here: pip install {TOOLKIT} ({error}).') from error
    entry, printed = trackers[name], []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile('w+') as said:
        process = subprocess.Popen(
            [entry['python'], '-m', entry['command']], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            cwd=folder, env={**os.environ, 'PYTHONPATH': entry['paths'], 'TRAX': '1', 'PYTHONUNBUFFERED': '1'})
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        try:
            client = Client(stream=(process.stdin.fileno(), process.stdout.fileno()), log=printed.append)
            return _talk(client, _draw(Path(folder)))
        except TraxException as error:
            process.kill()
            process.wait()
            said.seek(0)
            words = (''.join(printed) + said.read()).strip() or f'nothing; it ended with code {process.returncode}'
            raise ListError(f'{name} does not answer the toolkit ({show(error)}). What it said:',
                            words.splitlines()) from error
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()


def _talk(client: object, frames: Sequence[Path]) -> list[tuple[float, ...]]:
    from trax import FileImage, Rectangle

    boxes = []
    for i, path in enumerate(frames):
        image = {'color': FileImage.create(str(path))}
        if i == 0:
            answer, _ = client.initialize(image, [(Rectangle.create(60, 50, 24, 20), {})], {})
        else:
            answer, _ = client.frame(image, {}, [])
        boxes.append(answer[0][0].bounds())
    client.quit()
    return boxes


def _draw(folder: Path) -> list[Path]:
    """A patch that moves right over noise."""
    rng = np.random.default_rng(0)
    ground, patch = rng.integers(0, 90, (120, 160, 3), np.uint8), rng.integers(120, 255, (20, 24, 3), np.uint8)
    paths = []
    for i in range(FRAMES):
        image = ground.copy()
        image[50:70, 60 + 2 * i:84 + 2 * i] = patch
        paths.append(folder / f'{i + 1:08d}.png')
        cv2.imwrite(str(paths[-1]), image)
    return paths
