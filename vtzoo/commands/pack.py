"""Check a folder of results and write the zip that a benchmark's server takes.

vtzoo pack got10k results/got10k_test/mixformer_cvt21_got out.zip
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('server', choices=('got10k', 'trackingnet'), help='whose server')
    parser.add_argument('results', help='the folder of results')
    parser.add_argument('out', help='the zip to write')
    parser.add_argument('--data', metavar='ROOT',
                        help="the data root, to check against the set (default: the run's own record of it)")
    parser.add_argument('--overwrite', action='store_true', help='replace a zip that is there')


def run(args: argparse.Namespace) -> int:
    """Check and write."""
    from vtzoo.evaluation.packing import pack

    print(pack(args.server, args.results, args.out, args.data, args.overwrite))
    return 0
