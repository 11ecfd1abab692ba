"""Look after data sets: `vtzoo data check ROOT` looks at every frame and box.

vtzoo data check /data
vtzoo data check /data --sets got10k lasot --workers 8
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    check = actions.add_parser('check', help='find missing and corrupt frames, wrong boxes and counts, shared videos',
                               description='Exit code 0: clean; 1: faults found; 2: it could not start.')
    check.add_argument('root', nargs='?', help='folder that holds got10k/, lasot/, ... ($VTZOO_DATA)')
    check.add_argument('--sets', nargs='+', default=(), help='these only, such as got10k lasot')
    check.add_argument('--workers', type=int, default=os.cpu_count() or 1, help='processes (%(default)s)')
    check.add_argument('--out', default='data_check.json', help='the report (%(default)s); beside it, the skip list')


def run(args: argparse.Namespace) -> int:
    """Check, report, and say what training should skip."""
    from vtzoo.data.check import check, find_readers
    from vtzoo.data.check_report import FORMAT, make_report, make_skip_list, save_skip_list, summary
    from vtzoo.data.datasets import OwnData
    from vtzoo.data.roots import data_root
    from vtzoo.utils.atomic import write_atomically

    if args.workers < 1:
        raise ValueError(f'--workers is 1 or more, not {args.workers}.')
    root, out = data_root(args.root), Path(args.out)
    if root is None or not root.is_dir():
        raise FileNotFoundError(f'there is no folder {root}.' if root else 'name a folder of sets, or set $VTZOO_DATA.')
    unfinished, skip = out.with_suffix('.unfinished'), out.with_name(f'{out.stem}_skip.json')
    for path, mark in ((out, '"clean"'), (skip, FORMAT), (unfinished, '[[')):
        if not _is_ours(path, mark):
            raise ValueError(f'{path} exists and was not written by `vtzoo data check`: name another file with --out.')
    readers = find_readers(root, args.sets)
    own = [reader.name for reader in readers if isinstance(reader, OwnData)]
    report = make_report(check(readers, args.workers, unfinished), own)
    write_atomically(out, json.dumps(dict(root=str(root), **report), indent=1) + '\n')
    save_skip_list(skip, make_skip_list(report))
    unfinished.unlink()
    print(summary(report))
    print(f'report: {out}; skip list: {skip}, which training honours as train_dataloader.dataset.skip={skip}')
    return 0 if report['clean'] else 1


def _is_ours(path: Path, mark: str) -> bool:
    """Whether a file may be written: it is not there, or an earlier check wrote it."""
    if not path.exists():
        return True
    if not path.is_file():
        return False
    with open(path, 'rb') as file:
        start = file.read(1 << 16).lstrip()
    return not start or (start.startswith((b'{', b'[')) and mark.encode() in start)
