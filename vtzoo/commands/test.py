"""Run a tracker over a benchmark, then score it.

vtzoo test nano/lite_nano shipped --benchmark synthetic
vtzoo test sparsett_swin_t sparsett.pth --benchmark lasot --data /data
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vtzoo.data.declared import benchmark_names
from vtzoo.utils.arguments import PARTIAL_HELP, WEIGHTS_HELP
from vtzoo.utils.names import file_name, show
from vtzoo.utils.require import require

if TYPE_CHECKING:
    from vtzoo.evaluation.benchmarks import Benchmark
    from vtzoo.evaluation.run_benchmark import Job
    from vtzoo.evaluation.scoring.protocols import Protocol
    from vtzoo.zoo.expect import Expected

FAULTS = 8
"""How many failures are told whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('checkpoint', nargs='?', help=WEIGHTS_HELP)
    parser.add_argument('--benchmark', required=True, metavar='NAME',
                        help=f'{", ".join(benchmark_names())}, or own:FOLDER for videos of your own')
    parser.add_argument('--data', metavar='ROOT', help='the folder that holds the sets (default: $VTZOO_DATA)')
    parser.add_argument('--workers', type=int, metavar='N', help='processes at work (default: a GPU each, else a core)')
    parser.add_argument('--device', help='cpu, cuda or cuda:N (default: every GPU, else the CPU)')
    parser.add_argument('--repeat', type=int, default=1, metavar='N',
                        help='runs of each sequence, for GOT-10k, which averages up to 3 (default: %(default)s)')
    parser.add_argument('--protocol', metavar='NAME', help="whose rules to score by, or all (default: the benchmark's)")
    parser.add_argument('--partial', action='store_true', help=PARTIAL_HELP)
    parser.add_argument('--expect', metavar='CARD', help='hold the scores against the figures that a model card says '
                        'were measured here; exit code 1 where one lies outside its band')
    parser.add_argument('--out', metavar='DIR', help='folder of the results (default: results/BENCHMARK/CONFIG)')


def run(args: argparse.Namespace) -> int:
    """Run, resume, score; 1 where a sequence failed, or a score is not what --expect says."""
    from vtzoo.checkpoints.sources import resolve
    from vtzoo.evaluation.benchmarks import find_benchmark
    from vtzoo.evaluation.partial import PartialSet
    from vtzoo.evaluation.run_benchmark import Job, place, run_benchmark
    from vtzoo.evaluation.run_record import read_run

    source = resolve(args.config, args.checkpoint)
    cfg, benchmark = source.config, find_benchmark(args.benchmark)  # a config may bring data sets of its own
    protocols = benchmark.protocols(args.protocol)
    figures = figures_to_hold(args, cfg.name, benchmark, protocols)
    check_repeat(args.repeat, benchmark)
    placement, dataset = place(args.device, args.workers), benchmark.open(args.data, args.partial)
    part = dataset.part if isinstance(dataset, PartialSet) else None
    name = file_name(cfg.name.replace('/', '-')) + ('-partial' if part else '')
    out = Path(args.out or Path('results', benchmark.name, name))
    read_run(out)  # a damaged one is told at once
    job = Job(cfg, str(source.file or 'random'), benchmark, dataset, out, args.repeat)
    tell_settings(job, part)
    if faults := run_benchmark(job, placement):
        tell_faults(faults, len(job.dataset))
        return 1
    again = (f'vtzoo report {out} --benchmark {args.benchmark}' + (f' --data {args.data}' if args.data else '')
             + ' --partial' * bool(part))
    return score(job, protocols, figures, part, again)


def figures_to_hold(args: argparse.Namespace, config: str, benchmark: Benchmark,
                    protocols: Sequence[Protocol]) -> list[Expected]:
    """What --expect says was measured; none without it.

    Raises:
        ValueError: the card holds no figure of this run.
    """
    from vtzoo.zoo.expect import expected, find_card

    if not args.expect:
        return []
    require(not args.partial, '--expect holds a whole benchmark against a card: leave out --partial.')
    return expected(find_card(args.expect), config, benchmark.name, [rules.name for rules in protocols])


def check_repeat(repeat: int, benchmark: Benchmark) -> None:
    """Only GOT-10k's rules average repetitions; ValueError elsewhere."""
    require(repeat >= 1, f'--repeat is at least 1, not {repeat}.')
    require(repeat == 1 or benchmark.layout == 'folders',
            f'--repeat is for GOT-10k, whose rules average repetitions; {benchmark.name} is run once.')


def tell_settings(job: Job, part: str | None) -> None:
    """What is about to run."""
    from vtzoo.config import tracking_settings

    benchmark = job.benchmark
    print(f'{job.config.name} on {f"{part} of " if part else ""}{benchmark.name} ({benchmark.dataset}), results in '
          f'{job.out}. Online settings:')
    for key, value in tracking_settings(job.config, benchmark.name).items():
        print(f'  {key}: {value}')


def tell_faults(faults: Mapping[str, str], sequences: int) -> None:
    """Which sequences failed; the first ones whole."""
    for name, fault in list(faults.items())[:FAULTS]:
        print(f'{show(name)} failed:', *map(show, fault.splitlines()), sep='\n', file=sys.stderr)
    if len(faults) > FAULTS:
        print(f'and {len(faults) - FAULTS} more.', file=sys.stderr)
    done = ', the others are done: run the same command again for those alone.' if len(faults) < sequences else '.'
    print(f'{len(faults)} of {sequences} sequences failed{done}', file=sys.stderr)


def score(job: Job, protocols: Sequence[Protocol], figures: list[Expected], part: str | None, again: str) -> int:
    """Score what was run and print it; 1 where a figure of a card is not met, or could not be held against it."""
    from vtzoo.evaluation.benchmarks import is_withheld
    from vtzoo.evaluation.run_record import read_run
    from vtzoo.evaluation.scored_results import judge, read_results, read_truths, write_scores
    from vtzoo.evaluation.tables import fault_lines, overall_table
    from vtzoo.zoo.expect import hold, remarks

    benchmark, out, name = job.benchmark, job.out, job.config.name
    unknown = next((sequence.name for sequence in job.dataset if is_withheld(sequence)), None)
    if unknown or not protocols:
        why = benchmark.remark or f'no scores, {show(unknown)} has a truth for its first frame only'
        print(f'{benchmark.name}: {why}.')
        return 1 if figures else 0
    if not job.finished():
        print(f'not all sequences are done; when they are: `{again}`.')
        return 1 if figures else 0
    cases, odd = read_results(read_truths(benchmark, job.dataset, protocols), out)
    judged, refusals = judge(protocols, {name: cases})
    write_scores(out, judged, name, part)
    print('\n'.join(['', overall_table(judged).of_part(part).markdown(),
                     *map(show, [*fault_lines(judged, {name: odd}), *refusals])]))
    if not figures:
        return 0
    table, passed = hold(figures, judged, name)
    print('\n'.join(['', table.markdown(), *remarks(figures, read_run(out)['checkpoint_sha256'])]))
    return 0 if passed else 1
