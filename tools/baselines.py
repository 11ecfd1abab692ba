"""Two trackers to be better than, as result files: a box that stays where it is, and OpenCV's MIL.

python tools/baselines.py --benchmark synthetic
vtzoo report results/synthetic/* --benchmark synthetic
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vtzoo.evaluation.baselines import MIL, Static
from vtzoo.evaluation.benchmarks import BENCHMARKS, find_benchmark
from vtzoo.evaluation.results import boxes_file, write_result
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.utils.progress import progress


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
