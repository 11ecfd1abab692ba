"""How fast scoring is, beside the got10k package's own code, on one core: python tools/benchmark_metrics.py"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from vtzoo.evaluation.results import as_text
from vtzoo.evaluation.scored_results import read_results
from vtzoo.evaluation.scoring.alignment import Truth
from vtzoo.evaluation.scoring.protocols import PROTOCOLS
from vtzoo.evaluation.scoring.score import Case, score
from vtzoo.evaluation.tables import Table

SEQUENCES, FRAMES, SIZE, REPEATS = 280, 2500, (1280, 720), 5


def best(work: Callable[[], object]) -> float:
    """The shortest of some runs, seconds of processor time: others may use the machine."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def package_rows(cases: list[Case]) -> dict[str, float]:
    """Seconds of the got10k package's code under the names of the rows that do the same."""
    try:
        from got10k.experiments.got10k import ExperimentGOT10k
        from got10k.experiments.otb import ExperimentOTB
        from got10k.utils.metrics import rect_iou
    except ImportError as error:
        print(f'The got10k package is not timed: {error}. It needs pip install got10k six.')
        return {}
    otb, got10k = ExperimentOTB.__new__(ExperimentOTB), ExperimentGOT10k.__new__(ExperimentGOT10k)
    otb.nbins_iou, otb.nbins_ce, got10k.nbins_iou = 21, 51, 101

    def run_otb() -> None:
        for case in cases:
            otb._calc_curves(*otb._calc_metrics(case.boxes[0], case.truth.boxes))

    def run_got10k() -> None:
        overlaps = []
        for case in cases:  # it clips in place
            overlap = rect_iou(case.boxes[0][1:].copy(), case.truth.boxes[1:].copy(), bound=SIZE)
            overlaps.append(overlap[~case.truth.absent[1:]])
            got10k._evaluate(overlaps[-1], np.ones(1))
        got10k._evaluate(np.concatenate(overlaps), np.ones(1))

    return {'got10k_otb': best(run_otb), 'got10k': best(run_got10k)}


def main() -> None:
    """Time and print."""
    torch.set_num_threads(1)
    rng, cases = np.random.default_rng(0), []
    for i in range(SEQUENCES):
        truth = np.concatenate([rng.uniform(0, 600, (FRAMES, 2)), rng.uniform(20, 100, (FRAMES, 2))], 1).round(3)
        boxes = (truth + rng.normal(0, 5, truth.shape)).round(3)
        cases.append(Case(f'sequence-{i}', Truth(truth, rng.random(FRAMES) < 0.05, SIZE), [boxes]))
    theirs, rows = package_rows(cases), []
    for name, rules in PROTOCOLS.items():
        seconds = best(lambda rules=rules: score(rules, {'tracker': cases}))
        beside = theirs.get(name)
        rows.append([name, seconds, beside, None if beside is None else f'{beside / seconds:.1f}x'])
    title = f'{SEQUENCES} sequences of {FRAMES} frames, one core, best of {REPEATS}: seconds of processor time'
    print(Table(title, ['protocol', 'here', 'got10k package', 'faster by'], rows).markdown())
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            (Path(folder) / f'{case.name}.txt').write_text(as_text(case.boxes[0]))
        truths = {case.name: case.truth for case in cases}
        start = time.process_time()
        score(PROTOCOLS['lasot'], {'tracker': read_results(truths, folder)[0]})
        print(f'\nFrom result files, reading them included (lasot): processor time {time.process_time() - start:.2f} s')


if __name__ == '__main__':
    main()
