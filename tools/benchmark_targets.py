"""What a target costs when several are tracked in one batch, beside one tracker each: processor time a frame.

python tools/benchmark_targets.py nano/mixformer_nano sparsett_swin_t --targets 1 4 16
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch

import vtzoo
from vtzoo.inference.online import OnlineTracker


def main() -> None:
    """Measure in turns, so that what else runs here meets both alike; print medians."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--targets', type=int, nargs='+', default=[1, 4, 16])
    parser.add_argument('--frames', type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    print('| config | targets | together, ms a target | one by one, ms a target |\n|---|---:|---:|---:|')
    for config in args.configs:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            tracker = vtzoo.load_tracker(config, 'random')
        for count in args.targets:
            together, alone = _milliseconds(tracker, image, count, args.frames)
            print(f'| {config} | {count} | {together:.1f} | {alone:.1f} |', flush=True)


def _milliseconds(tracker: OnlineTracker, image: np.ndarray, count: int,
                  frames: int) -> tuple[float, float]:
    targets = vtzoo.MultiTracker(tracker)
    for i in range(count):
        targets.add(image, (40 + 30 * i, 40 + 20 * i, 60, 50), str(i))
    singles = list(targets.targets.values())
    times: dict[bool, list[float]] = {True: [], False: []}
    for i in range(2 * (frames + 1)):
        batch = i % 2 == 0
        times[batch].append(_seconds(lambda: targets.track(image)) if batch
                            else sum(_seconds(lambda one=one: one.track(image)) for one in singles))
    return tuple(1000 * statistics.median(times[batch][1:]) / count for batch in (True, False))


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == '__main__':
    main()
