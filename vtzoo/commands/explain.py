"""Show a tracker part by part: shapes, parameters, and who may see whom.

vtzoo explain mixformer_cvt21
vtzoo explain mixformer_cvt21 --png mixformer.png --cfg-options model.head.type=QueryHead
"""

from __future__ import annotations

import argparse

from vtzoo.utils.arguments import add_config_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('--png', metavar='FILE', help='draw it, too')
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print, and draw on request."""
    from vtzoo.utils.formats import columns_shown
    from vtzoo.zoo.kept_texts import kept_text

    if args.cfg_options or args.png:
        print(_explain(args))
    else:
        print(kept_text('explain', args.config, lambda: _explain(args), columns_shown()))
    if args.png:
        print(f'\n{args.png} shows it.')
    return 0


def _explain(args: argparse.Namespace) -> str:
    from vtzoo.config import find_config, load_config
    from vtzoo.introspection.anatomy import dissect
    from vtzoo.introspection.canvas import save_png
    from vtzoo.introspection.diagram import diagram
    from vtzoo.introspection.explain import explain_text
    from vtzoo.zoo.cards import own_paper
    from vtzoo.zoo.names import summary_of

    cfg = load_config(args.config, args.cfg_options)
    changed = bool(args.cfg_options)
    paper = None if changed else own_paper(cfg.name)
    options = ', '.join(f'{key}={value}' for key, value in args.cfg_options.items())
    summary = f'with {options}' if changed else summary_of(find_config(args.config))
    anatomy = dissect(cfg)
    if args.png:
        save_png(diagram(anatomy), args.png)
    return explain_text(anatomy, summary, paper)
