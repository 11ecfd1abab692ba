"""Run a tracker over a benchmark, then score it.

vtzoo test nano/lite_nano shipped --benchmark synthetic
vtzoo test sparsett_swin_t sparsett.pth --benchmark lasot --data /data
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vtzoo.data.declared import benchmark_names
from vtzoo.utils.arguments import PARTIAL_HELP, WEIGHTS_HELP
from vtzoo.utils.names import file_name, show
from vtzoo.utils.require import require

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
    from vtzoo.config import tracking_settings
    from vtzoo.evaluation.benchmarks import find_benchmark, is_withheld
    from vtzoo.evaluation.partial import PartialSet
    from vtzoo.evaluation.run_benchmark import Job, place, run_benchmark
    from vtzoo.evaluation.run_record import read_run
    from vtzoo.evaluation.scored_results import judge, read_results, read_truths, write_scores
    from vtzoo.evaluation.tables import fault_lines, overall_table
    from vtzoo.zoo.expect import expected, find_card, hold, remarks

    source = resolve(args.config, args.checkpoint)
    cfg, benchmark = source.config, find_benchmark(args.benchmark)  # a config may bring data sets of its own
    protocols = benchmark.protocols(args.protocol)
    figures = []
    if args.expect:
        require(not args.partial, '--expect holds a whole benchmark against a card: leave out --partial.')
        figures = expected(find_card(args.expect), cfg.name, benchmark.name, [rules.name for rules in protocols])
    if args.repeat < 1:
        raise ValueError(f'--repeat is at least 1, not {args.repeat}.')
    if args.repeat > 1 and benchmark.layout != 'folders':
        raise ValueError(f'--repeat is for GOT-10k, whose rules average repetitions; {benchmark.name} is run once.')
    placement, dataset = place(args.device, args.workers), benchmark.open(args.data, args.partial)
    part = dataset.part if isinstance(dataset, PartialSet) else None
    name = file_name(cfg.name.replace('/', '-')) + ('-partial' if part else '')
    out = Path(args.out or Path('results', benchmark.name, name))
    read_run(out)  # a damaged one is told at once
    job = Job(cfg, str(source.file or 'random'), benchmark, dataset, out, args.repeat)
    print(f'{cfg.name} on {f"{part} of " if part else ""}{benchmark.name} ({benchmark.dataset}), results in {out}. '
          'Online settings:')
    for key, value in tracking_settings(cfg, benchmark.name).items():
        print(f'  {key}: {value}')
    faults = run_benchmark(job, placement)
    for name, fault in list(faults.items())[:FAULTS]:
        print(f'{show(name)} failed:', *map(show, fault.splitlines()), sep='\n', file=sys.stderr)
    if faults:
        if len(faults) > FAULTS:
            print(f'and {len(faults) - FAULTS} more.', file=sys.stderr)
        print(f'{len(faults)} of {len(job.dataset)} sequences failed, the others are done: run the same command again '
              'for those alone.', file=sys.stderr)
        return 1
    unknown = next((sequence.name for sequence in job.dataset if is_withheld(sequence)), None)
    if unknown or not protocols:
        why = benchmark.remark or f'no scores, {show(unknown)} has a truth for its first frame only'
        print(f'{benchmark.name}: {why}.')
    elif job.finished():
        truths = read_truths(benchmark, job.dataset, protocols)
        cases, odd = read_results(truths, out)
        judged, refusals = judge(protocols, {cfg.name: cases})
        write_scores(out, judged, cfg.name, part)
        print('\n'.join(['', overall_table(judged).of_part(part).markdown(),
                         *map(show, [*fault_lines(judged, {cfg.name: odd}), *refusals])]))
        if figures:
            table, passed = hold(figures, judged, cfg.name)
            print('\n'.join(['', table.markdown(), *remarks(figures, read_run(out)['checkpoint_sha256'])]))
            return 0 if passed else 1
    else:
        where = (f' --data {args.data}' if args.data else '') + ' --partial' * bool(part)
        print(f'not all sequences are done; when they are: `vtzoo report {out} --benchmark {args.benchmark}{where}`.')
    return 1 if figures else 0  # nothing was held against the card
