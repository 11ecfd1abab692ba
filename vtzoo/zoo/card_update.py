"""Keeping the cards true: drafting, refreshing and checking them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vtzoo.config import config_name, find_config, list_models, load_config
from vtzoo.zoo.bibtex import Entry, find_paper
from vtzoo.zoo.card_text import fill, template, unfinished
from vtzoo.zoo.cards import Card, all_cards, cards_folder
from vtzoo.zoo.facts import facts_of
from vtzoo.zoo.schema import figure_problems, problems


def draft(name: str, paper: str | None = None) -> Card:
    """A card for a config that has none: everything that can be computed, and what a person must write.

    Args:
        name: of the config.
        paper: key of the paper about this very tracker.

    Raises:
        ValueError: the config has a card, or there is no such paper.
    """
    config = config_name(find_config(name))
    covered = next((card for card in all_cards() if card.covers(config)), None)
    if covered is not None:
        raise ValueError(f'the config {config} has a card: {covered.path}.')
    data = dict(license='apache-2.0', library_name='vtzoo', tags=['visual-object-tracking'],
                vtzoo=dict(paper=paper_of(find_paper(paper)) if paper else None, weights=[],
                           configs=[dict(config=config)]))
    body = template().replace('# NAME\n', f'# {config}\n', 1)
    return refresh(Card(cards_folder() / f'{config}.md', data, f'\n{body}'))


def paper_of(entry: Entry) -> dict[str, Any]:
    """A paper as a front matter has it."""
    return dict(title=entry.title, authors=entry.authors, venue=entry.venue, year=entry.year, arxiv=entry.arxiv,
                bibtex=entry.key)


def refresh(card: Card) -> Card:
    """The card with its computed facts up to date; what people wrote stays."""
    ours = card.data['vtzoo']
    configs = [facts_of(load_config(facts['config'])) | {key: facts[key] for key in ('published_cost',) if key in facts}
               for facts in ours['configs']]
    paper = paper_of(find_paper(ours['paper']['bibtex'])) if ours['paper'] else None
    card = replace(card, data=card.data | dict(vtzoo=ours | dict(paper=paper, configs=configs)))
    return replace(card, body=fill(card.body, card))


def faults_of(card: Card) -> Iterator[str]:
    """What is wrong with a card, one sentence each: its form first, then whether it still says what is so."""
    faults = list(problems(card.data))
    if faults:
        yield from faults
        return
    known = list_models()
    unknown = [facts['config'] for facts in card.configs if facts['config'] not in known]
    if unknown:
        yield from (f'there is no config {name}' for name in unknown)
        return
    faults = list(figure_problems(card.data))
    if faults:  # a figure from nowhere cannot be written into the text either
        yield from faults
        return
    covered = [facts['config'] for facts in card.configs]
    yield from (f'model-index names {model["name"]}, which the card does not cover'
                for model in card.data.get('model-index', ()) if model['name'] not in covered)
    yield from (f'unfinished: {line}' for line in unfinished(card.body))
    try:
        now = refresh(card)
    except ValueError as error:
        yield str(error)
        return
    for old, new in zip(card.configs, now.configs, strict=True):
        yield from (f'{old["config"]}: {key} is {new[key]} by the config, the card says {old[key]}'
                    for key in new if new[key] != old[key])
    if card.data['vtzoo']['paper'] != now.data['vtzoo']['paper']:
        yield 'the paper is not as vtzoo/zoo/references.bib has it'
    elif now.configs == card.configs and now.body != card.body:
        yield 'a part written by tools is not current'


def coverage_faults() -> Iterator[str]:
    """Configs without a card or with two."""
    covered = [facts['config'] for card in all_cards() for facts in card.configs]
    for name in list_models():
        if (times := covered.count(name)) != 1:
            yield (f'{name} is in {times} cards' if times else
                   f'{name} has no card: `vtzoo card new {name}` drafts one')


def write(card: Card) -> None:
    """Put a card into its file."""
    card.path.parent.mkdir(parents=True, exist_ok=True)
    card.path.write_text(card.text, 'utf-8')
