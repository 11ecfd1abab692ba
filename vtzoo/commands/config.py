"""Print a config as it resolves: its bases joined, your changes made.

vtzoo config sparsett_swin_t
vtzoo config sparsett_swin_t --cfg-options model.head.type=QueryHead
"""

from __future__ import annotations

import argparse

from vtzoo.utils.arguments import add_config_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print; the output is itself a config."""
    from vtzoo.config import load_config

    cfg = load_config(args.config, args.cfg_options)
    name = cfg.pop('name')
    print(f'# {name}, resolved.\n{cfg.pretty_text.rstrip()}')
    return 0
