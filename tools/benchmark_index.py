"""Measure how long a large set takes to open: a generated copy of TrackingNet's layout, indexed, then opened again.

python tools/benchmark_index.py [--sequences 30000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from vtzoo.data.datasets import TrackingNet
from vtzoo.data.index import Indexed
from vtzoo.utils.progress import progress

FRAMES = 30


def write_set(root: Path, sequences: int) -> None:
    """Sequences over 12 chunks, each with an annotation and a folder of frames (links to an empty file)."""
    rng = np.random.default_rng(0)
    for number in progress(range(sequences), 'writing'):
        chunk, name = root / 'trackingnet' / f'TRAIN_{number % 12}', f'v{number:06d}_0'
        folder = chunk / 'frames' / name
        folder.mkdir(parents=True)
        (chunk / 'anno').mkdir(exist_ok=True)
        rows = rng.uniform(1, 300, (FRAMES, 4)).round(2).tolist()
        (chunk / 'anno' / f'{name}.txt').write_text('\n'.join(','.join(map(str, row)) for row in rows) + '\n')
        (folder / '0.jpg').touch()
        for frame in range(1, FRAMES):
            os.link(folder / '0.jpg', folder / f'{frame}.jpg')


def seconds_to_open(root: Path, cache: Path) -> float:
    """Reader, index and one sequence."""
    start = time.perf_counter()
    indexed = Indexed(TrackingNet('train', root), cache=cache)
    indexed[len(indexed) - 1].visible.sum()
    return time.perf_counter() - start


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--sequences', type=int, default=30000, help='how many (%(default)s)')
    sequences = parser.parse_args().sequences
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / 'data', Path(folder) / 'cache'
        write_set(root, sequences)
        built = seconds_to_open(root, cache)
        opened = [seconds_to_open(root, cache) for _ in range(5)]
        size = sum(path.stat().st_size for path in cache.rglob('*') if path.is_file()) / 2**20
    print(f'{sequences} sequences of {FRAMES} frames: indexed in {built:.1f} s, opened again in '
          f'{statistics.median(opened):.2f} s (worst of 5: {max(opened):.2f} s); the index has {size:.0f} MiB')


if __name__ == '__main__':
    main()
