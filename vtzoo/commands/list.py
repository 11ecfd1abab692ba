"""List the zoo's models, or its backbones, fusions, heads, confidences or losses.

vtzoo list [models|backbones|fusions|heads|confidences|losses] [--filter sparse]
"""

from __future__ import annotations

import argparse

from vtzoo.zoo.listing import KINDS, list_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('what', nargs='?', default='models', choices=('models', *KINDS),
                        help='what to list (default: %(default)s)')
    parser.add_argument('--filter', default='*', metavar='PATTERN',
                        help='names, or for models parts too, that match: sparse, CornerHead, hybrids/*')


def run(args: argparse.Namespace) -> int:
    """Print."""
    print(list_text(args.what, args.filter))
    return 0
