"""Show what differs between two configs, part by part.

vtzoo compare mixformer_cvt21 sparsett_swin_t
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('a', metavar='A', help='a config by name or path')
    parser.add_argument('b', metavar='B', help='another')


def run(args: argparse.Namespace) -> int:
    """Print."""
    from vtzoo.config import load_config
    from vtzoo.introspection.compare import compare_text

    print(compare_text(load_config(args.a), load_config(args.b)))
    return 0
