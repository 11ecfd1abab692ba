"""The parts that trackers are made of, as their classes describe them."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REGISTRIES = dict(backbone='BACKBONES', fusion='FUSIONS', head='HEADS', confidence='CONFIDENCES', loss='LOSSES')
MODELS = Path(__file__).parents[1] / 'models'


@dataclass(frozen=True)
class Part:
    """A part's papers, by key or as BibTeX, and the first line of its docstring."""

    references: tuple[str, ...]
    summary: str


def known_parts(kind: str) -> dict[str, Part]:
    """Name -> part, by name. Read from the source files of vtzoo, which takes no import of torch; once a config was
    loaded, whose ``custom_imports`` may bring parts from outside, from the registry."""
    if 'vtzoo.registry' not in sys.modules:
        classes = {node.name: node for path in MODELS.rglob('*.py')
                   for node in ast.walk(ast.parse(path.read_text('utf-8'))) if isinstance(node, ast.ClassDef)}
        names = sorted(name for name, node in classes.items() if REGISTRIES[kind] in _registered_in(node))
        try:
            return {name: Part(_references(classes, name), _first_line(ast.get_docstring(classes[name])))
                    for name in names}
        except ValueError:  # references that are computed
            pass
    from vtzoo.registry import COMPONENTS, find
    from vtzoo.registry import names as names_in

    found = {name: find(COMPONENTS[kind], name) for name in names_in(COMPONENTS[kind])}
    return {name: Part(getattr(cls, 'references', ()), _first_line(inspect.getdoc(cls))) for name, cls in found.items()}


def _first_line(text: str | None) -> str:
    return (text or '').partition('\n')[0]


def _registered_in(node: ast.ClassDef) -> Iterator[str]:
    """The registries whose ``register_module`` decorates a class."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) \
                and decorator.func.attr == 'register_module' and isinstance(decorator.func.value, ast.Name):
            yield decorator.func.value.id


def _references(classes: dict[str, ast.ClassDef], name: str) -> tuple[str, ...]:
    """What a class, or the nearest of its bases, states as ``references``; ValueError: it is not a literal."""
    if name not in classes:
        return ()
    for node in classes[name].body:
        if isinstance(node, ast.Assign) and [target.id for target in node.targets
                                             if isinstance(target, ast.Name)] == ['references']:
            return ast.literal_eval(node.value)
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)]
    return next((found for base in bases if (found := _references(classes, base))), ())
