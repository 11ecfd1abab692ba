"""Print BibTeX of everything a tracker uses: its paper, parts, losses, data sets and this project.

vtzoo cite mixformer_cvt21 > references.bib
"""

from __future__ import annotations

import argparse

from vtzoo.utils.arguments import add_config_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print."""
    from vtzoo.zoo.kept_texts import kept_text

    def make() -> str:
        from vtzoo.config import load_config
        from vtzoo.zoo.cards import own_paper
        from vtzoo.zoo.papers import bibtex_of

        cfg = load_config(args.config, args.cfg_options)
        paper = None if args.cfg_options else own_paper(cfg.name)
        return bibtex_of(cfg, paper.key if paper else None)

    print(make() if args.cfg_options else kept_text('cite', args.config, make), end='')
    return 0
