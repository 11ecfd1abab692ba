"""Enter a tracker in a VOT toolkit's workspace, test the entry, and score the runs stored there.

vtzoo vot init workspace nano/lite_nano shipped
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vtzoo.utils.arguments import WEIGHTS_HELP


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest='action', required=True)
    init = actions.add_parser('init', help='write trackers.ini and the entry script')
    init.add_argument('workspace', type=Path, help='folder of the toolkit, as `vot initialize` makes it')
    init.add_argument('config', help='a config by name or path')
    init.add_argument('checkpoint', help=WEIGHTS_HELP)
    init.add_argument('--device', default='cpu', help='where the network runs (default: %(default)s)')
    test = actions.add_parser('selftest', help='run an entry on a few drawn frames and show what it really says')
    score = actions.add_parser('score', help='accuracy, robustness and EAO of the runs in a workspace')
    for action in (test, score):
        action.add_argument('workspace', type=Path, help='folder of the toolkit')
        action.add_argument('trackers', nargs='*', help='names in trackers.ini (default: all)')


def run(args: argparse.Namespace) -> int:
    """Do one of the three."""
    from vtzoo.evaluation.tables import Table
    from vtzoo.evaluation.vot.selftest import selftest
    from vtzoo.evaluation.vot.workspace import add_tracker, read_trackers, score_workspace

    if args.action == 'init':
        name = add_tracker(args.workspace, args.config, args.checkpoint, args.device)
        print(f'{name} is in {args.workspace / "trackers.ini"}. Test it with `vtzoo vot selftest {args.workspace}`, '
              f'run it with `vot evaluate --workspace {args.workspace} {name}`.')
        return 0
    names = args.trackers or read_trackers(args.workspace).sections()
    if not names:
        raise ValueError(f'{args.workspace} names no tracker: `vtzoo vot init` writes one.')
    if args.action == 'selftest':
        for name in names:
            boxes = selftest(args.workspace, name)
            print(f'{name} answered {len(boxes)} frames, the last with x y w h '
                  f'{", ".join(f"{number:.1f}" for number in boxes[-1])}.')
        return 0
    scores = [score_workspace(args.workspace, name) for name in names]
    rows = [[name, one.eao, one.accuracy, one.robustness] for name, one in zip(names, scores, strict=True)]
    table = Table('VOT2020 anchor protocol', ['tracker', 'EAO', 'A', 'R'],
                  [[name, *(f'{value:.3f}' for value in values)] for name, *values in rows])
    print(table.markdown())
    return 0
