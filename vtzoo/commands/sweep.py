"""Train and test many variants at equal cost, and make one table with intervals of them.

vtzoo sweep nano/sparsett_nano model.fusion.topk=[8,16,32] --seeds 3 --budget 500steps
vtzoo sweep report sweeps/nano-sparsett_nano
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtzoo.sweep.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('what', help="a config, a pattern such as 'ablations/table4_*', or a file that describes a "
                                     "sweep; `report FOLDER` makes the table of a sweep again")
    parser.add_argument('vary', nargs='*', metavar='KEY=[A,B]', help='what varies; all combinations are run')
    parser.add_argument('--seeds', type=int, default=None, metavar='N', help='seeds 0 to N-1 for each variant (1)')
    parser.add_argument('--budget', help='of each trial: 500steps or 10min (default: as long as the config says)')
    parser.add_argument('--benchmark', help='what the trackers are tested on (synthetic)')
    parser.add_argument('--protocol', help="whose rules score them (the benchmark's)")
    parser.add_argument('--baseline', help='the variant that differences are taken from (the first)')
    parser.add_argument('--data', help='folder of the data sets; without one, the embedded set')
    parser.add_argument('--from-scratch', action='store_true', default=None,
                        help='random weights, also where a config names pretrained ones')
    parser.add_argument('--out', help='folder of the sweep (sweeps/WHAT)')
    parser.add_argument('--jobs', type=int, default=1, help='trials at a time on this machine (%(default)s)')
    parser.add_argument('--gpus', help='numbers of the GPUs they share: 0,1')
    parser.add_argument('--retry', action='store_true', help='run trials that crashed once more')
    parser.add_argument('--dry-run', action='store_true', help='only say what would be run and what it costs')
    parser.add_argument('--write', choices=('slurm', 'commands'),
                        help='write a job array or a list of commands instead of running here')
    parser.add_argument('--with-parent', action='store_true', help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Plan, run, report."""
    from vtzoo.sweep.execute import left, prepare_all, write_commands, write_slurm
    from vtzoo.sweep.plan import check_data, check_weights

    if args.what in ('report', 'trial') and len(args.vary) == 1:
        return (_report if args.what == 'report' else _trial)(args, Path(args.vary[0]))
    gpus = _checked_gpus(args)
    plan = _plan(args)
    folder = Path(args.out or Path('sweeps', re.sub(r'[^\w.-]+', '-', Path(args.what).with_suffix('').as_posix())))
    for name, why in plan.left_out.items():
        print(f'left out {name}: {why}')
    if args.dry_run:
        print(_forecast(plan, args.jobs))
        return 0
    check_data(plan)
    check_weights(plan)
    plan.save(folder)
    folders = prepare_all(plan, folder)
    todo = left(folders, args.retry)
    if args.write:
        path = (write_slurm if args.write == 'slurm' else write_commands)(todo, folder)
        print(f'{path}: {len(todo)} trials; afterwards `vtzoo sweep report {folder}`.')
        return 0
    print(f'{len(todo)} of {len(folders)} trials to run, in {folder}')
    return _run_here(plan, folder, todo, args.jobs, gpus, args.protocol)


def _report(args: argparse.Namespace, folder: Path) -> int:
    """``vtzoo sweep report FOLDER``."""
    from vtzoo.sweep.plan import read_plan
    from vtzoo.sweep.report import make_report

    plan = read_plan(folder)
    print(make_report(plan, folder, _costs(plan), args.protocol))
    return 0


def _trial(args: argparse.Namespace, folder: Path) -> int:
    """``vtzoo sweep trial FOLDER``: what a sweep, a job array or a list of commands runs."""
    from vtzoo.sweep.execute import end_with_parent
    from vtzoo.sweep.trial import run_trial

    if args.with_parent:
        end_with_parent()
    return run_trial(folder, args.command_line)


def _checked_gpus(args: argparse.Namespace) -> list[str]:
    """The GPUs that were named, after all numbers have been looked at."""
    if args.jobs < 1:
        raise ValueError(f'--jobs is at least 1, not {args.jobs}.')
    if args.seeds is not None and args.seeds < 1:
        raise ValueError(f'--seeds is at least 1, not {args.seeds}.')
    gpus = args.gpus.split(',') if args.gpus else []
    if not all(gpu.strip().isdigit() for gpu in gpus):
        raise ValueError(f'--gpus takes numbers such as 0,1, not {args.gpus!r}.')
    return gpus


def _plan(args: argparse.Namespace) -> Plan:
    """What is run, checked before hours of training and not after them."""
    from vtzoo.evaluation.benchmarks import find_benchmark
    from vtzoo.sweep.plan import check_recipes, make_plan
    from vtzoo.sweep.written import parse_budget, parse_vary

    plan = make_plan(args.what, dict(map(parse_vary, args.vary)), range(args.seeds or 1), benchmark=args.benchmark,
                     budget=parse_budget(args.budget), baseline=args.baseline, data=args.data,
                     from_scratch=args.from_scratch)
    if args.seeds is not None:  # also where a file says others
        plan = replace(plan, seeds=list(range(args.seeds)))
    check_recipes(plan)
    find_benchmark(plan.benchmark).scored_by(args.protocol)
    return plan


def _run_here(plan: Plan, folder: Path, todo: list[Path], jobs: int, gpus: list[str], protocol: str | None) -> int:
    """Run what is left, then make the table and hand it to the visual backends."""
    from vtzoo.sweep.backends import hand_over
    from vtzoo.sweep.execute import alone, run_here
    from vtzoo.sweep.report import collect, make_report

    with alone(folder):
        codes = run_here(todo, jobs, gpus)
    costs = _costs(plan)
    print(make_report(plan, folder, costs, protocol))
    if todo and (told := hand_over(plan, folder, collect(plan, folder, protocol), costs)):
        print(f'The table and the curves were given to {", ".join(told)}.')
    return 1 if any(codes.values()) else 0


def _costs(plan: Plan) -> dict[str, tuple[int, int]]:
    import torch

    from vtzoo.api import build_model
    from vtzoo.models.cost import count_macs, count_parameters

    costs = {}
    for variant in plan.variants:
        with torch.device('meta'):
            model = build_model(variant.load())
        costs[variant.name] = count_parameters(model), count_macs(model).track
    return costs


def _forecast(plan: Plan, jobs: int) -> str:
    """The runs, and what they cost."""
    from vtzoo.evaluation.tables import Table
    from vtzoo.sweep.cost import cost_of
    from vtzoo.sweep.trial import steps_of
    from vtzoo.utils.formats import millions, operations
    from vtzoo.utils.progress import progress

    rows, hours = [], 0.0
    for variant in progress(plan.variants, 'variants'):
        cfg = variant.load()
        cost = cost_of(cfg)
        dataset = cfg.train_dataloader.dataset
        whole = dataset.samples * cfg.train_cfg.max_epochs // cfg.train_dataloader.batch_size
        steps = steps_of(plan, variant) or whole
        hours += steps * cost.seconds / 3600 * len(plan.seeds)
        rows.append([variant.name, millions(cost.parameters), operations(cost.macs), steps, len(plan.seeds),
                     steps * cost.seconds / 60])
    columns = ['variant', 'parameters', 'MACs a frame', 'steps', 'seeds', 'minutes a trial']
    table = Table('What would be run; minutes of training on this machine, without loading of data and tests', columns,
                  rows)
    return f'{table.markdown()}\n\n{len(plan.trials())} trials, about {hours / jobs:.1f} hours with {jobs} at a time.'
