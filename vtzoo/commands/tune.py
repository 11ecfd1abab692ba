"""Tune a tracker's online settings, or its training, on validation sequences; needs the extra ``tune``.

vtzoo tune nano/sparsett_nano model.pth --benchmark synthetic_val --trials 50
vtzoo tune nano/sparsett_nano --train optim_wrapper.optimizer.lr=1e-4..1e-2 --budget 300steps --benchmark synthetic_val
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vtzoo.utils.arguments import WEIGHTS_HELP


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('checkpoint', nargs='?', help=WEIGHTS_HELP)
    parser.add_argument('--train', nargs='+', metavar='KEY=LOW..HIGH', help='search settings of the training instead: '
                        'numbers between two ends, or KEY=[A,B,C]; each trial is a whole training')
    parser.add_argument('--budget', help='with --train, of each trial: 300steps or 10min (what the config says)')
    parser.add_argument('--from-scratch', action='store_true', help='with --train: random weights to begin with')
    parser.add_argument('--benchmark', required=True, metavar='NAME',
                        help='validation sequences: synthetic_val, got10k_val, or own:FOLDER')
    parser.add_argument('--data', metavar='ROOT', help='the folder that holds the sets (default: $VTZOO_DATA)')
    parser.add_argument('--sequences', type=int, metavar='N', help='the first so many (default: all)')
    parser.add_argument('--trials', type=int, default=50, metavar='N',
                        help='settings to try, those of an earlier run included (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of the proposals (default: %(default)s)')
    parser.add_argument('--protocol', metavar='NAME', help="whose rules to score by (default: the benchmark's)")
    parser.add_argument('--device', default='cpu', help='where the network runs (default: %(default)s)')
    parser.add_argument('--out', metavar='DIR', help='folder of the study (default: tuning/BENCHMARK/CONFIG)')


def run(args: argparse.Namespace) -> int:
    """Search, and print the best settings beside the config's own."""
    from vtzoo.utils.require import require

    for name, value, least in (('trials', args.trials, 1), ('sequences', args.sequences, 1), ('seed', args.seed, 0)):
        require(value is None or value >= least, f'--{name} is at least {least}, not {value}.')
    if args.train:
        for name in ('checkpoint', 'sequences'):
            require(getattr(args, name) is None, '--train trains from the beginning and tests on every sequence: leave '
                                                 f'out {"the checkpoint" if name == "checkpoint" else "--sequences"}.')
        require(args.device == 'cpu', 'with --train the device is that of `vtzoo train`: leave out --device.')
        return _training(args)
    require(not (args.budget or args.from_scratch), '--budget and --from-scratch belong to --train KEY=LOW..HIGH.')
    return _tracking(args)


def _training(args: argparse.Namespace) -> int:
    from vtzoo.config import load_config
    from vtzoo.sweep.plan import Budget, Plan, Variant, check_data, check_recipes, check_weights
    from vtzoo.sweep.written import parse_budget
    from vtzoo.tuning.search import optuna
    from vtzoo.tuning.space import validation
    from vtzoo.tuning.training import search_training, space_from
    from vtzoo.utils.names import file_name

    optuna()
    benchmark, space = validation(args.benchmark), space_from(args.train)
    benchmark.scored_by(args.protocol)
    base = Variant('config', args.config)
    plan = Plan([base], [0], args.benchmark, parse_budget(args.budget) or Budget(), data=args.data,
                from_scratch=args.from_scratch)
    for check in (check_recipes, check_data, check_weights):
        check(plan)
    name = load_config(args.config).name.replace('/', '-')
    out = Path(args.out or Path('tuning', 'training', file_name(name)))
    print(f'training of {args.config}, judged on {benchmark.name}, study in {out}. Searched: {", ".join(args.train)}')
    print(search_training(plan, space, args.trials, args.seed, out, args.protocol))
    return 0


def _tracking(args: argparse.Namespace) -> int:
    from vtzoo.api import load_tracker
    from vtzoo.checkpoints.sources import resolve
    from vtzoo.config import tracking_settings
    from vtzoo.evaluation.benchmarks import is_withheld
    from vtzoo.tuning.maps import Maps
    from vtzoo.tuning.report import report
    from vtzoo.tuning.search import Task, optuna, search
    from vtzoo.tuning.space import space_of, validation
    from vtzoo.utils.digest import sha256
    from vtzoo.utils.names import file_name
    from vtzoo.utils.require import require

    optuna()
    source, benchmark = resolve(args.config, args.checkpoint), validation(args.benchmark)
    protocol, dataset = benchmark.scored_by(args.protocol), benchmark.open(args.data)
    require(len(dataset) > 0, f'{args.benchmark} has no sequence to tune on.')
    sequences = [dataset[i] for i in range(min(len(dataset), args.sequences or len(dataset)))]
    require(not any(map(is_withheld, sequences)), f'{args.benchmark} has boxes for first frames only.')
    settings = tracking_settings(source.config, benchmark.name)
    space = space_of(settings)
    model = load_tracker(source.config, source.file or 'random', args.device, benchmark.name).model
    about = dict(config=source.config.pretty_text, checkpoint=sha256(source.file) if source.file else 'random',
                 benchmark=benchmark.name, sequences=[sequence.name for sequence in sequences], protocol=protocol.name)
    out = Path(args.out or Path('tuning', benchmark.name, file_name(source.config.name.replace('/', '-'))))
    print(f'{source.config.name} on {len(sequences)} sequences of {benchmark.name}, study in {out}. Searched:')
    for name, one in space.items():
        print(f'  {name}: {one.low:g} to {one.high:g}, now {one.default:g}')
    task, maps = Task(model, settings, space, sequences, protocol, args.device, about), Maps()
    print(report(task, search(task, args.trials, args.seed, out, maps), maps))
    return 0
