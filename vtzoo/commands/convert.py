"""Turn a released checkpoint into one of vtzoo's.

vtzoo convert mixformer_online_22k.pth.tar mixformer.pth
vtzoo convert swin_tiny_patch4_window7_224.pth swin_t.pth --config sparsett_swin_t
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('source', metavar='SRC', help='a released checkpoint')
    parser.add_argument('target', metavar='DST', help='the file to write')
    parser.add_argument('--config', help='whose weights these are (the config inside, else the one that fits)')
    parser.add_argument('--weights', metavar='NAME', help='which set to take where there are several: ema, model, ...')
    parser.add_argument('--half', action='store_true', help='store half-precision numbers')


def run(args: argparse.Namespace) -> int:
    """Convert."""
    from vtzoo.checkpoints.convert import convert_file

    meta = convert_file(args.source, args.target, args.config, args.weights, args.half)
    print(f'{args.target}: {meta["tensors"]} tensors for {meta["config"]} from {meta["family"]} '
          f'(source SHA-256 {meta["source_sha256"][:12]}...)')
    if meta['others']:
        print(f'The source holds {len(meta["others"]) + 1} sets of weights; {meta["weights"]!r} was taken, not '
              f'{", ".join(map(repr, meta["others"]))}: --weights NAME takes another.')
    return 0
