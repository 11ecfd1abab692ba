"""A strict reader of BibTeX, and the papers that vtzoo knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class Entry:
    """One paper: its kind ('inproceedings'), key, fields by lower-case name, and the BibTeX it was read from."""

    kind: str
    key: str
    fields: Mapping[str, str]
    text: str

    @property
    def title(self) -> str:
        """Without BibTeX's braces."""
        return plain(self.fields['title'])

    @property
    def authors(self) -> list[str]:
        """First names first."""
        names = (plain(name) for name in re.split(r'\s+and\s+', self.fields.get('author', '')))
        return [' '.join(reversed(re.split(r',\s*', name, maxsplit=1))) for name in names]

    @property
    def year(self) -> int:
        """Of publication."""
        return int(self.fields.get('year', 0))

    @property
    def venue(self) -> str:
        """Its short name, such as CVPR; the empty string for software."""
        found = re.search(r'\(([^()]+)\)$', self.fields.get('booktitle') or self.fields.get('journal', ''))
        return found[1] if found else ''

    @property
    def arxiv(self) -> str | None:
        """Number of the preprint."""
        return self.fields.get('eprint')

    @property
    def url(self) -> str | None:
        """Where to read it."""
        doi = self.fields.get('doi')
        return f'https://arxiv.org/abs/{self.arxiv}' if self.arxiv else f'https://doi.org/{doi}' if doi else None

    @property
    def short(self) -> str:
        """As a person names it: Cui et al., CVPR 2022."""
        family = plain(self.fields.get('author', '').split(' and ')[0].split(',')[0])
        more = ' et al.' if len(self.authors) > 1 else ''
        return f'{family}{more}, {self.venue} {self.year}'.replace(',  ', ', ')


def plain(text: str) -> str:
    """BibTeX text for people: accents composed, braces dropped."""
    accents = {"'": '\u0301', '`': '\u0300', '"': '\u0308', '^': '\u0302', '~': '\u0303', 'v': '\u030c', 'c': '\u0327'}
    text = re.sub(r'''\\(['`"^~]|[vc](?=\{))\{?(\w)\}?''', lambda m: m[2] + accents[m[1]], text)
    return unicodedata.normalize('NFC', re.sub('[{}]', '', text))


def parse_bibtex(text: str) -> dict[str, Entry]:
    """Entries by key, in order. Text between entries is a comment, as in BibTeX.

    Raises:
        ValueError: for unbalanced braces, a missing comma, a field or key given twice; says where.
    """
    entries: dict[str, Entry] = {}
    place = 0
    while (start := text.find('@', place)) >= 0:
        line = text.count('\n', 0, start) + 1
        head = re.compile(r'@(\w+)\{\s*([\w:.+-]+)\s*,').match(text, start)
        if not head:
            raise ValueError(f'line {line}: an entry begins with @kind{{key,')
        fields, place = _fields(text, head.end(), f'{head[2]} (line {line})')
        if head[2] in entries:
            raise ValueError(f'line {line}: there are two entries {head[2]}.')
        entries[head[2]] = Entry(head[1].lower(), head[2], fields, text[start:place])
    return entries


def _fields(text: str, place: int, where: str) -> tuple[dict[str, str], int]:
    """The fields from a place on, and the place after the entry's closing brace."""
    fields: dict[str, str] = {}
    while True:
        if end := re.compile(r'\s*\}').match(text, place):
            return fields, end.end()
        name = re.compile(r'\s*(\w+)\s*=\s*').match(text, place)
        if not name:
            raise ValueError(f'{where}: "field = {{value}}" or a closing brace is expected before '
                             f'{text[place:place + 20]!r}.')
        value, place = _value(text, name.end(), f'{where}, {name[1]}')
        if name[1].lower() in fields:
            raise ValueError(f'{where}: {name[1]} is given twice.')
        fields[name[1].lower()] = value
        comma = re.compile(r'\s*(,|(?=\}))').match(text, place)
        if not comma:
            raise ValueError(f'{where}: a comma is missing after {name[1]}.')
        place = comma.end()


def _value(text: str, place: int, where: str) -> tuple[str, int]:
    """A value in braces, in quotes, or a number, and the place after it."""
    if number := re.compile(r'\d+').match(text, place):
        return number[0], number.end()
    if text[place:place + 1] not in ('{', '"'):
        raise ValueError(f'{where}: a value stands in braces, in quotes, or is a number.')
    quoted, depth = text[place] == '"', 0
    for i in range(place, len(text)):
        depth += (text[i] == '{') - (text[i] == '}')
        if depth < 0:
            break
        closed = (text[i] == '"' and i > place) if quoted else text[i] == '}'
        if depth == 0 and closed:
            return ' '.join(text[place + 1:i].split()), i + 1
    raise ValueError(f'{where}: the braces are not balanced.')


@cache
def bibliography() -> Mapping[str, Entry]:
    """Every paper that vtzoo knows, by key."""
    return MappingProxyType(parse_bibtex(Path(__file__).with_name('references.bib').read_text('utf-8')))


def find_paper(key: str) -> Entry:
    """A paper by its key.

    Raises:
        ValueError: there is none.
    """
    if key not in bibliography():
        raise ValueError(f'there is no paper {key!r} in vtzoo/zoo/references.bib: add it there.')
    return bibliography()[key]


def known_paper(key: str) -> Entry | None:
    """A paper by its key, or read from a BibTeX entry that stands in the key's place, as a part from outside may have
    it; None: it is not known."""
    if not key.lstrip().startswith('@'):
        return bibliography().get(key)
    try:
        return next(iter(parse_bibtex(key).values()), None)
    except ValueError:
        return None


def references_of(part: object) -> tuple[str | None, ...]:
    """The papers that a part names, of whatever shape; (None,): it names none."""
    given = getattr(part, 'references', None) or ()
    return ((given,) if isinstance(given, str) else tuple(given)) or (None,)


def short_of(part: object) -> str:
    """The papers of a part as people name them; a key that is not known stands as it is."""
    found = ((key, known_paper(key)) for key in references_of(part) if key is not None)
    return '; '.join(f'{" ".join(key.split())[:30]} (not in references.bib)' if paper is None else paper.short
                     for key, paper in found)
