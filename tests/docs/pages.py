"""The pages of the documentation, and the code blocks in them."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / 'docs'
PAGES = sorted(DOCS.rglob('*.md'))
FENCE = re.compile(r'(<!-- runs -->\n)?^( *)```(\w*)\n(.*?)^\2```', re.DOTALL | re.MULTILINE)
SHELLS = ('sh', 'shell', 'bash')
PLACEHOLDER = re.compile(r'[A-Z_]+|.*\b[A-Z]{2,}\b.*|.*\.\.\..*|.*[$*].*')


class Block(NamedTuple):
    """page: where it stands. language: of the fence. code: inside. runs: the page says that it can be run."""

    page: str
    language: str
    code: str
    runs: bool


def blocks(*languages):
    """Every block in these languages."""
    return [Block(path.relative_to(ROOT).as_posix(), found[3], found[4], bool(found[1])) for path in PAGES
            for found in FENCE.finditer(path.read_text('utf-8')) if found[3] in languages]


def commands(code):
    """The command lines of a shell block, as words: lines joined, comments dropped, at pipes and && cut."""
    for line in code.replace('\\\n', ' ').splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars='|&;')
        lexer.whitespace_split, lexer.commenters = True, '#'
        words = []
        for word in [*lexer, ';']:
            if word and set(word) <= set('|&;'):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def vtzoo_words(words):
    """What follows `vtzoo`, or `-m vtzoo`; None for other programs."""
    while words and re.fullmatch(r'\w+=.*', words[0]):
        words = words[1:]
    if words[:1] == ['vtzoo']:
        return words[1:]
    for i in range(len(words) - 1):
        if words[i:i + 2] == ['-m', 'vtzoo']:
            return words[i + 2:]
    return None
