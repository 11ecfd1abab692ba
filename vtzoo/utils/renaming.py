"""State dicts under other names: tables of rules, as each part keeps them for the checkpoints of its authors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

Target = str | None | Callable[[Tensor, re.Match[str]], dict[str, Tensor]]
Rules = list[tuple[str, Target]]
"""A pattern of a whole source key, and what it becomes: a target key, None for weights that are known to be of no
use, or a function of the tensor and the match that gives several targets."""


def rename(state: Mapping[str, Tensor], rules: Rules) -> tuple[dict[str, Tensor], list[str], list[str]]:
    """Apply the first rule that matches each key.

    Returns:
        The renamed tensors; the source keys of no use; the source keys that no rule knows.
    """
    compiled = [(re.compile(pattern), target) for pattern, target in rules]
    renamed: dict[str, Tensor] = {}
    dead, unknown = [], []
    for key, tensor in state.items():
        match, target = next(((m, target) for pattern, target in compiled if (m := pattern.fullmatch(key))),
                             (None, None))
        if match is None:
            unknown.append(key)
        elif target is None:
            dead.append(key)
        else:
            try:
                renamed |= target(tensor, match) if callable(target) else {match.expand(target): tensor}
            except (RuntimeError, ValueError, IndexError, KeyError) as error:  # of another shape or number
                raise ValueError(f'the checkpoint does not fit: {key} has the shape {tuple(tensor.shape)}.') from error
    return _joined(renamed), dead, unknown


JOIN = '@'
"""A target 'name@1' is the second of the three parts that are joined along their first axis to 'name'."""


def _joined(renamed: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parts of one tensor, such as q, k and v apart, put together."""
    whole = {key: tensor for key, tensor in renamed.items() if JOIN not in key}
    parts: dict[str, dict[str, Tensor]] = {}
    for key, tensor in renamed.items():
        if JOIN in key:
            name, _, place = key.partition(JOIN)
            parts.setdefault(name, {})[place] = tensor
    for name, found in parts.items():
        try:
            whole[name] = torch.cat([found[place] for place in '012'])
        except (KeyError, RuntimeError) as error:
            raise ValueError(f'the checkpoint does not fit: the three parts of {name} are not all there, or not of one '
                             'width.') from error
    return whole


def prefixed(prefix: str, rules: Rules) -> Rules:
    """The rules of a part for a checkpoint that holds it under ``prefix``, such as 'backbone.', on both sides.

    Only for rules whose targets are strings or None.
    """
    return [(re.escape(prefix) + pattern, None if target is None else prefix + target) for pattern, target in rules]


def renamed_or_kept(state: Mapping[str, Tensor], rules: Rules) -> dict[str, Tensor]:
    """The renamed tensors, and under their own names those that no rule knows (whoever loads them will say so)."""
    renamed, _, unknown = rename(state, rules)
    return renamed | {key: state[key] for key in unknown}


def within_depth(state: Mapping[str, Tensor], expected: Iterable[str]) -> dict[str, Tensor]:
    """The state dict without blocks beyond the depth of a network whose keys are ``expected``.

    MixFormer-L, for one, cuts cvt24w to depths of 2, 2 and 12.
    """
    block = re.compile(r'(.*\bblocks\.)(\d+)\.')
    depths: dict[str, int] = {}
    for key in expected:
        if match := block.match(key):
            depths[match[1]] = max(depths.get(match[1], 0), int(match[2]))
    return {key: tensor for key, tensor in state.items()
            if not (match := block.match(key)) or int(match[2]) <= depths.get(match[1], int(match[2]))}
