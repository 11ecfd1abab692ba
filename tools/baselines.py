"""Two trackers to be better than, as result files: a box that stays where it is, and OpenCV's MIL.

python tools/baselines.py --benchmark synthetic
vtzoo report results/synthetic/* --benchmark synthetic
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from vtzoo.evaluation.benchmarks import BENCHMARKS, find_benchmark
from vtzoo.evaluation.results import boxes_file, write_result
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.inference.online import Result
from vtzoo.utils.progress import progress


class Static:
    """The first box for the whole video."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Keep the box."""
        self.box = np.asarray(box, np.float64)

    def track(self, image: np.ndarray) -> Result:
        """Say it again."""
        return Result(self.box, 1.0, False)


class MIL:
    """OpenCV's tracker after Babenko et al., CVPR 2009: whole pixels, a box of constant size; OpenCV draws
    its samples anew in every run, so figures differ a little from run to run."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        """Start."""
        self.box, self.tracker = np.asarray(box, np.float64), cv2.TrackerMIL.create()
        self.tracker.init(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [max(1, round(side)) for side in box])

    def track(self, image: np.ndarray) -> Result:
        """Its box, or the last one where it has none."""
        found, box = self.tracker.update(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.box = np.asarray(box, np.float64) if found else self.box
        return Result(self.box, float(found), not found)


def main() -> None:
    """Run both over a benchmark; what is there already is kept."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--benchmark', required=True, help=', '.join(BENCHMARKS))
    parser.add_argument('--data', help='the folder that holds the sets')
    args = parser.parse_args()
    try:
        benchmark = find_benchmark(args.benchmark)
        dataset = benchmark.open(args.data)
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    for name, tracker in (('static', Static()), ('mil', MIL())):
        out = Path('results', benchmark.name, name)
        for sequence in progress(dataset, name, len(dataset)):
            if not boxes_file(out, sequence.name, benchmark.layout, 1).is_file():
                write_result(out, sequence.name, run_sequence(tracker, sequence), benchmark.layout, 1)
        print(f'{name}: {out}')


if __name__ == '__main__':
    main()
