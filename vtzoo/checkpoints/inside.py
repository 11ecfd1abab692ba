"""The config inside a checkpoint: read as data, never run, and compared with the one that a user names."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config

from vtzoo.config import load_config
from vtzoo.registry import BACKBONES, CONFIDENCES, CROPS, FUSIONS, HEADS, find

RESOLVED = 'resolved_config'
"""Where vtzoo writes a config into a checkpoint's ``meta``: as JSON. mmengine writes Python text under 'cfg'."""

PARTS = dict(crop=CROPS, backbone=BACKBONES, fusion=FUSIONS, head=HEADS, confidence=CONFIDENCES)

TRAINING_ONLY = ('losses', 'frozen', 'pretrained', 'drop_path', 'dropout', 'frozen_bn', 'frozen_stages', 'scaled_init',
                 'init_cfg')
"""Of a model's config, what makes no difference to a trained network."""

LIMIT = 1 << 20
"""Characters of a config; real ones have a few thousand."""


def config_in(contents: Any, where: str = 'the checkpoint') -> Config | None:
    """The config that a checkpoint of vtzoo was trained or converted with; None: it holds none.

    Raises:
        ValueError: what it holds is not a config of a tracker.
    """
    meta = contents.get('meta') if isinstance(contents, Mapping) else None
    if not isinstance(meta, Mapping):
        return None
    name = meta.get('config') if isinstance(meta.get('config'), str) else None
    if isinstance(meta.get(RESOLVED), str):
        cfg = _from_json(meta[RESOLVED], where)
    elif isinstance(meta.get('cfg'), str):
        cfg = _from_python(meta['cfg'], where)
    elif name:
        try:
            return load_config(name)
        except ValueError:
            return None  # the path of a config on another machine
    else:
        return None
    if not isinstance(cfg, dict) or not isinstance(cfg.get('model'), dict):
        raise ValueError(f'the config inside {where} has no part `model`.')
    for key in ('model', 'tracking'):
        _refuse_addresses(cfg.get(key), where)
    cfg.setdefault('name', name or 'checkpoint')
    return Config(cfg)


def resolved(cfg: Config | Mapping[str, Any]) -> str:
    """A config as JSON, for the ``meta`` of a checkpoint."""
    return json.dumps(cfg.to_dict() if isinstance(cfg, Config) else dict(cfg), sort_keys=True, default=str)


def _from_json(text: str, where: str) -> Any:
    try:
        return json.loads(text[:LIMIT])
    except (ValueError, RecursionError) as error:
        raise ValueError(f'the config inside {where} cannot be read ({str(error)[:80]}).') from error


def _from_python(text: str, where: str) -> dict[str, Any]:
    """The assignments of a config's text: literals, and dict(...) of literals; anything else is skipped."""
    try:
        body = ast.parse(text[:LIMIT]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f'the config inside {where} cannot be read ({str(error)[:80]}).') from error
    found = {}
    for line in body:
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            try:
                found[line.targets[0].id] = _value(line.value)
            except (ValueError, RecursionError):
                continue  # a function or a class of a recipe: the network's parts are checked by those who build it
    return found


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args:
        out: dict[str, Any] = {}
        for word in node.keywords:
            out |= {word.arg: _value(word.value)} if word.arg else _value(word.value)
        return out
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError('a dict with ** inside')
        return {_value(key): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    return ast.literal_eval(node)


def _refuse_addresses(node: Any, where: str) -> None:
    """A type is a name in vtzoo's registries: mmengine would import and call any dotted one."""
    if isinstance(node, Mapping):
        kind = node.get('type')
        if kind is not None and not (isinstance(kind, str) and re.fullmatch(r'(vtzoo\.)?\w+', kind)):
            raise ValueError(f'the config inside {where} is refused: type={str(kind)[:60]!r} is not a part of vtzoo.')
        node = node.values()
    if isinstance(node, str) or not hasattr(node, '__iter__'):
        return
    for item in node:
        _refuse_addresses(item, where)


def differences(mine: Mapping[str, Any], inside: Mapping[str, Any]) -> list[str]:
    """What decides a trained network's boxes and is not the same in two configs: 'fusion.topk: 32, not 16'."""
    a, b = dict(_leaves(_filled(mine['model']))), dict(_leaves(_filled(inside['model'])))
    return [f'{key}: {a.get(key)}, not {b.get(key)}' for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)]


def _filled(model: Mapping[str, Any]) -> dict[str, Any]:
    """Each part with the defaults that its config does not state."""
    out = {}
    for name, registry in PARTS.items():
        part = dict(model.get(name) or {})
        if part:
            signature = inspect.signature(find(registry, part.get('type')))
            defaults = {key: p.default for key, p in signature.parameters.items() if p.default is not p.empty}
            out[name] = defaults | part
    return out


def _leaves(node: Any, where: str = '') -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key not in TRAINING_ONLY:
                yield from _leaves(value, f'{where}.{key}' if where else str(key))
    elif node is not None:
        plain = list(node) if isinstance(node, list | tuple) else node
        yield where, json.loads(json.dumps(plain, default=str))


def check_agrees(cfg: Mapping[str, Any], contents: Any, where: str) -> None:
    """Refuse a config that contradicts the one inside a checkpoint.

    Raises:
        ValueError: shows what differs.
    """
    inside = config_in(contents, where)
    different = differences(cfg, inside) if inside is not None else []
    if different:
        raise ValueError(
            f'{cfg.get("name", "this config")} is not the tracker that {where} was trained as ({inside.name}): '
            + '; '.join(different[:6]) + (f' and {len(different) - 6} more' if len(different) > 6 else '')
            + '. Leave the config out and the one inside is used; if it is meant so, write the weights anew under this '
            'config with `vtzoo convert SRC DST --config CONFIG`.')
