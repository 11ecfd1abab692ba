"""Our docstrings as mkdocstrings reads them."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r':(?:class|func|meth|mod|data|attr|exc|obj):`(~?)([\w.]+)`')
TOGETHER = re.compile(r'( +)(\w+(?:, \w+)+): (.*)')


class OurDocstrings(griffe.Extension):
    """Roles such as :class:`~vtzoo.structures.Boxes` become links, and ``a, b: text`` an entry for each argument."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            text = re.sub('::$', ':', apart(obj.docstring.value), flags=re.MULTILINE)  # an indented block follows
            obj.docstring.value = ROLE.sub(link, text)


def link(found: re.Match) -> str:
    """Full names are links, which a strict build checks; short ones are code."""
    short, name = found.groups()
    shown = name.rpartition('.')[2] if short else name
    return f'[`{shown}`][{name}]' if name.startswith('vtzoo.') else f'`{shown}`'


def apart(text: str) -> str:
    """Arguments that are described together, one by one."""
    lines, done, inside = text.split('\n'), [], False
    while lines:
        line = lines.pop(0)
        if line and not line.startswith(' '):
            inside = line == 'Args:'
        found = TOGETHER.fullmatch(line) if inside else None
        if found is None:
            done.append(line)
            continue
        indent, names, said = found.groups()
        rest = []
        while lines and lines[0].startswith(indent + ' '):
            rest.append(lines.pop(0))
        for name in names.split(', '):
            done += [f'{indent}{name}: {said}', *rest]
    return '\n'.join(done)
