"""What a layer is called: words made of the path of the module that runs, such as 'stage 1, block 2'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from torch import nn

from vtzoo.models.tracker import Tracker

PLAIN = ('attention', 'attn')
"""Names of modules that say no more than that they attend."""


class Layer(NamedTuple):
    """place: 'stage 1, block 2', 'decoder layer 1', or the type of a part without repeated layers. kind: which of a
    layer's attentions, such as 'cross-attention'; '' where nothing says so. part: 'backbone', 'fusion', ..."""

    place: str
    kind: str
    part: str


class Layers:
    """Names for the layers of a tracker.

    A fusion may say what its attributes are called, see :attr:`~vtzoo.models.fusions.Fusion.words`; an attribute
    without a word of its own is called by its name: ``blocks`` becomes 'block 1', 'block 2' ...
    """

    def __init__(self, model: Tracker) -> None:
        self.model = model
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.words: Mapping[str, str] = model.fusion.words
        self.taken: dict[tuple[str, int], str] = {}  # a place and a number in it -> whose they are

    def layer(self, path: str) -> Layer:
        """The layer in which the module at a path is."""
        part, *names = path.split('.')
        if part == 'confidence':
            return Layer('score', '', part)
        found, rest = [], []
        module = self.model.get_submodule(part)
        for i, name in enumerate(names):
            rest.append(name)
            if _repeats(module) and i:
                word = self.words.get(names[i - 1], names[i - 1].rstrip('s'))
                found.append((word, int(name), '.'.join(names[:i + 1])))
                rest = []
            module = module.get_submodule(name)
        stages = getattr(self.model.backbone, 'stages', ())
        place = 'stage 1' if part == 'backbone' and found and stages and stages[0] is self.model.backbone else ''
        for word, number, home in found:
            place = f'{place}, {word} ' if place else f'{word} '
            place += str(self._number(place, number, home))
        said = [self.words[name] for name in rest if name in self.words]
        said += [name.replace('_', '-') for name in rest[:-1] if re.search('att|cross', name) and name not in PLAIN]
        kind = said[0] if said else ''
        return Layer(place or type(self.model.get_submodule(part)).__name__, kind, part)

    def _number(self, place: str, number: int, home: str) -> int:
        """Counted from 1; layers of several attributes that share a word are counted on."""
        number += 1
        while self.taken.setdefault((place, number), home) != home:
            number += 1
        return number


def _repeats(module: nn.Module) -> bool:
    """Whether a module's children are layers of one kind in a row."""
    kinds = {type(child) for child in module.children()}
    return isinstance(module, nn.ModuleList | nn.Sequential) and len(kinds) == 1 and any(
        True for child in module.children() for _ in child.children())
