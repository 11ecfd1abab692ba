"""List the zoo's models, or its backbones, fusions, heads, confidences or losses.

vtzoo list
vtzoo list --filter sparse
vtzoo list backbones
vtzoo list --weights
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from vtzoo.zoo.listing import KINDS
    from vtzoo.zoo.model_table import FORMATS

    parser.add_argument('what', nargs='?', default='models', choices=('models', *KINDS),
                        help='what to list (default: %(default)s)')
    parser.add_argument('--weights', action='store_true', help='only models with weights: which, size, licence')
    parser.add_argument('--format', default='text', choices=FORMATS, help='of the models (default: %(default)s)')
    parser.add_argument('--config', nargs='+', default=(), metavar='FILE',
                        help='configs from outside, whose custom_imports bring parts of their own')
    parser.add_argument('--filter', default='*', metavar='PATTERN',
                        help='names, or for models parts too, that match: sparse, CornerHead, hybrids/*')


def run(args: argparse.Namespace) -> int:
    """Print."""
    from vtzoo.config import load_config
    from vtzoo.zoo.listing import list_text
    from vtzoo.zoo.model_table import table_text, weights_text

    for config in args.config:
        load_config(config)
    if args.what != 'models' and (args.weights or args.format != 'text'):
        raise ValueError('--weights and --format are for models.')
    if args.format != 'text':
        print(table_text(args.format, args.filter, args.weights))
    else:
        print(weights_text(args.filter) if args.weights else list_text(args.what, args.filter))
    return 0
