"""Model cards: Markdown with a front matter that tools read; one covers a config, or a few that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from vtzoo.config import config_name, find_config, load_config, travelling_folder
from vtzoo.zoo.bibtex import Entry, find_paper

FENCE = '---\n'
GENERATED = ('README.md', 'TEMPLATE.md')


class PlainDumper(yaml.SafeDumper):
    """YAML without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Card:
    """A card as it stands in its file.

    Args:
        path: of the file.
        data: the front matter; :mod:`vtzoo.zoo.schema` says what is in it.
        body: the Markdown below.
    """

    path: Path
    data: dict[str, Any]
    body: str

    @property
    def text(self) -> str:
        """The whole file."""
        front = yaml.dump(self.data, Dumper=PlainDumper, sort_keys=False, default_flow_style=None, width=110,
                          allow_unicode=True)
        return f'{FENCE}{front}{FENCE}{self.body}'

    @property
    def name(self) -> str:
        """Its path among the cards, without the ending."""
        return self.path.resolve().relative_to(cards_folder().resolve()).with_suffix('').as_posix()

    @property
    def configs(self) -> list[dict[str, Any]]:
        """The facts of every config it covers."""
        return self.data['vtzoo']['configs']

    def covers(self, config: str) -> bool:
        """Whether a config is among its own."""
        return any(facts['config'] == config for facts in self.configs)

    @property
    def paper(self) -> Entry | None:
        """The paper about these very trackers; None: unpublished in this form."""
        paper = self.data['vtzoo']['paper']
        return find_paper(paper['bibtex']) if paper else None

    def results(self, config: str) -> list[dict[str, Any]]:
        """What is known of a config's accuracy, published and measured here, in Hugging Face's form."""
        return next((model['results'] for model in self.data.get('model-index', ()) if model['name'] == config), [])


@dataclass(frozen=True)
class ModelCard:
    """What the zoo knows of one config.

    Args:
        name: of the config.
        card: the card that covers it.
    """

    name: str
    card: Card

    @property
    def facts(self) -> dict[str, Any]:
        """Parts, parameters, MACs, inputs, training and tracking."""
        return next(facts for facts in self.card.configs if facts['config'] == self.name)

    @property
    def paper(self) -> Entry | None:
        """The paper about this very tracker."""
        return self.card.paper

    @property
    def published(self) -> list[dict[str, Any]]:
        """Results that others published, each with its source."""
        return [result for result in self.card.results(self.name) if 'source' in result]

    @property
    def measured(self) -> list[dict[str, Any]]:
        """Results measured here, each figure with its provenance in ``args``."""
        return [result for result in self.card.results(self.name) if 'source' not in result]

    @cached_property
    def bibtex(self) -> str:
        """BibTeX of everything the tracker uses."""
        from vtzoo.zoo.papers import bibtex_of

        return bibtex_of(load_config(self.name), self.paper.key if self.paper else None)

    @property
    def text(self) -> str:
        """The card as Markdown."""
        return self.card.text


def model_card(name: str | Path) -> ModelCard:
    """The card of a config of the zoo.

    Raises:
        ValueError: there is no such config, or it has no card.
    """
    config = config_name(find_config(name))
    card = next((card for card in all_cards() if card.covers(config)), None)
    if card is None:
        raise ValueError(f'the config {config} has no model card: `vtzoo card new {config}` drafts one.')
    return ModelCard(config, card)


def own_paper(config: str) -> Entry | None:
    """The paper about the very tracker of a config; None where there is none, or no card."""
    return next((card.paper for card in all_cards() if card.covers(config)), None)


def cards_folder() -> Path:
    """Where the cards are."""
    return travelling_folder('model_cards')


def all_cards() -> Iterator[Card]:
    """Every card, by name."""
    for path in sorted(cards_folder().rglob('*.md')):
        if path.name not in GENERATED:
            yield read_card(path)


def read_card(path: Path) -> Card:
    """A card from its file.

    Raises:
        ValueError: it has no front matter, or one that is not a YAML mapping.
    """
    parts = re.split(r'^---\n', path.read_text('utf-8'), maxsplit=2, flags=re.M)
    if len(parts) != 3 or parts[0]:
        raise ValueError(f'{path} is not a card, which begins with a front matter between two lines of ---.')
    try:
        data = yaml.load(parts[1], getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f'the front matter of {path} is not YAML: {" ".join(str(error).split())}.') from error
    if not isinstance(data, dict):
        raise ValueError(f'the front matter of {path} is not a mapping of names to values.')
    return Card(path, data, parts[2])
