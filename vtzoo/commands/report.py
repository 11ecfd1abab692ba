"""Tables, plots and film strips of any number of trackers' results on one benchmark.

vtzoo report results/lasot/mixformer_cvt21 raw/STARK/lasot --benchmark lasot --data /data --out report
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vtzoo.data.declared import benchmark_names
from vtzoo.utils.arguments import PARTIAL_HELP
from vtzoo.utils.names import show

ROWS = 10
"""Of the table of sequences on a screen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('results', nargs='+', metavar='RESULTS', help='folder of a tracker, ours or published')
    parser.add_argument('--benchmark', metavar='NAME',
                        help=f"what they are of: {', '.join(benchmark_names())}, own:FOLDER "
                             '(default: what run.json says)')
    parser.add_argument('--data', metavar='ROOT', help='the folder that holds the sets (default: $VTZOO_DATA)')
    parser.add_argument('--protocol', metavar='NAME', help="whose rules, or all (default: the benchmark's own)")
    parser.add_argument('--format', choices=('markdown', 'csv', 'json'), default='markdown',
                        help='of the tables on the screen (default: %(default)s)')
    parser.add_argument('--partial', action='store_true', help=PARTIAL_HELP.replace('test on', 'score'))
    parser.add_argument('--out', metavar='DIR', type=Path, help='write report.md, tables, plots and film strips there')
    parser.add_argument('--overwrite', action='store_true', help='replace files in DIR that no report wrote')


def run(args: argparse.Namespace) -> int:
    """Judge, print and write."""
    from vtzoo.evaluation.benchmarks import find_benchmark
    from vtzoo.evaluation.report import benchmark_of, check_out, make_report, name_trackers
    from vtzoo.evaluation.tables import worst_sequences

    folders = name_trackers(args.results)
    benchmark = find_benchmark(args.benchmark or benchmark_of(folders.values()))
    protocols = benchmark.protocols(args.protocol)
    if not protocols:
        raise ValueError(f'{benchmark.name}: {benchmark.remark}. For other scores add --protocol NAME.')
    if args.out:
        check_out(args.out, args.overwrite)
    report = make_report(benchmark, args.data, folders, protocols, args.partial)
    if args.format == 'json':
        print(json.dumps(report.record(), indent=1))
    else:
        for name, table in report.tables.items():
            if args.format == 'csv':
                print(f'# {show(table.title)}\n{table.csv()}')
            elif name != 'rules':  # too wide for a screen
                print((worst_sequences(table, ROWS) if name == 'sequences' else table).markdown() + '\n')
        print('\n'.join(map(show, report.remarks)))
    if args.out:
        report.write(args.out)
        if args.format == 'markdown':
            print(f'written to {args.out}: report.md, its tables as CSV and JSON, plots as PNG and PDF, worst.png.')
    return 0
