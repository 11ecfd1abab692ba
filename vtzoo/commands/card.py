"""Draft, refresh and check model cards; add results measured here.

vtzoo card new my_config
vtzoo card update nano --results results/synthetic/nano/sparsett_nano
vtzoo card check
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vtzoo.utils.progress import progress

if TYPE_CHECKING:
    from vtzoo.zoo.cards import Card


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest='action', required=True)
    new = actions.add_parser('new', help='draft a card for a config that has none')
    new.add_argument('config', help='its name in the zoo')
    new.add_argument('--paper', metavar='KEY', help='the paper about this very tracker, by its key in references.bib')
    update = actions.add_parser('update', help='compute anew what is computed, and add results')
    update.add_argument('cards', nargs='*', metavar='CARD', help='by name or by a config they cover (default: all)')
    update.add_argument('--results', metavar='RUN', help='a results file, or the folder that `vtzoo test` wrote')
    update.add_argument('--repeats', metavar='RUN', nargs='+', default=[],
                        help='more of them, of the same config on the same benchmark: the largest difference of two '
                        'runs becomes the band of each figure')
    actions.add_parser('index', help='write model_cards/README.md anew')
    actions.add_parser('check', help='say what is wrong with the cards')


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where the check finds something."""
    return dict(new=_new, update=_update, index=_index, check=_check)[args.action](args)


def _new(args: argparse.Namespace) -> int:
    from vtzoo.zoo.card_update import draft, write

    card = draft(args.config, args.paper)
    write(card)
    print(f'{card.path}: now replace the lines that begin with "> Write:".')
    return 0


def _update(args: argparse.Namespace) -> int:
    from vtzoo.utils.require import require
    from vtzoo.zoo.card_update import refresh, write
    from vtzoo.zoo.cards import all_cards
    from vtzoo.zoo.measured import add_results, read_results, with_bands

    require(args.results or not args.repeats, '--repeats repeat a run: name that run with --results.')
    records = read_results(args.results) if args.results else []
    if args.repeats:
        records = with_bands(records, [read_results(path) for path in args.repeats])
    names = args.cards or [record['config'] for record in records]
    cards = list({card.path: card for card in map(_find, names)}.values()) if names else list(all_cards())
    changed = 0
    for card in progress(cards, 'cards'):
        now = refresh(add_results(card, records))
        if now.text != card.text:
            write(now)
            changed += 1
    print(f'{changed} of {len(cards)} cards changed.')
    return _index(args) if changed else 0


def _find(name: str) -> Card:
    """A card by its own name, or by that of a config."""
    from vtzoo.zoo.cards import all_cards, model_card

    return next((card for card in all_cards() if card.name == name), None) or model_card(name).card


def _index(args: argparse.Namespace) -> int:
    from vtzoo.zoo.cards import cards_folder
    from vtzoo.zoo.listing import index_text

    path: Path = cards_folder() / 'README.md'
    path.write_text(index_text(), 'utf-8')
    print(f'{path} is written.')
    return 0


def _check(args: argparse.Namespace) -> int:
    from vtzoo.zoo.card_update import coverage_faults, faults_of
    from vtzoo.zoo.cards import all_cards, cards_folder
    from vtzoo.zoo.listing import index_text

    faults = [f'{card.path}: {fault}' for card in progress(list(all_cards()), 'cards') for fault in faults_of(card)]
    faults += coverage_faults()
    if (cards_folder() / 'README.md').read_text('utf-8') != index_text():
        faults.append('model_cards/README.md is not current: `vtzoo card index` writes it.')
    print('\n'.join(faults) or 'all cards are as they should be.')
    return 1 if faults else 0
