"""What differs between two configs, part by part."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from vtzoo.config import tracking_settings
from vtzoo.introspection.anatomy import weighted
from vtzoo.utils.formats import columns_shown, columns_text, millions, operations
from vtzoo.zoo.facts import empty_model, facts_of
from vtzoo.zoo.names import PARTS


def compare_text(a: Config, b: Config) -> str:
    """Two columns, as wide as the window; what is alike is only named."""
    left, right = _sections(a), _sections(b)
    rows: list[tuple[str, str, str]] = []
    alike = []
    for section in left:
        names = [key for key in dict.fromkeys([*left[section], *right[section]])
                 if left[section].get(key) != right[section].get(key)]
        if names:
            rows += [(section, '', ''), *((f'  {key}', left[section].get(key, '-'), right[section].get(key, '-'))
                                          for key in names)]
        else:
            alike.append(section)
    if not rows:
        return f'{a.name} and {b.name} differ in nothing but their names.'
    lines = [columns_text(('', a.name, b.name), rows, long=2)]
    return '\n'.join(lines + (textwrap.wrap(f'alike: {", ".join(alike)}', columns_shown()) if alike else []))


def _sections(cfg: Config) -> dict[str, dict[str, str]]:
    """Everything a config says, as section -> name -> text."""
    facts = facts_of(cfg)
    parts = {name: _arguments(cfg.model.get(name)) for name in ('crop', *PARTS)}
    for name in PARTS:
        if name in facts['parts']:
            parts[name]['parameters'] = millions(facts['parts'][name]['parameters'])
    tracking = tracking_settings(cfg)
    rows = (cfg.get('tracking') or {}).get('benchmarks') or {}
    return {
        **parts, 'losses': {'terms': ', '.join(weighted(term) for term in empty_model(cfg).losses)},
        'training data': _arguments(dict(batch_size=cfg.train_dataloader.batch_size, **cfg.train_dataloader.dataset)),
        'optimisation': _arguments({'stage1': cfg.get('stage1'), **cfg.optim_wrapper, 'schedule': cfg.param_scheduler,
                                    **{key: value for key, value in cfg.train_cfg.items() if key != 'type'}}),
        'tracking': {**_arguments(tracking), **{f'on {name}': _compact(row)[1:-1] for name, row in rows.items()}},
        'in all': dict(parameters=millions(facts['parameters']), **{
            f'MACs {name}': operations(value) for name, value in facts['macs'].items()})}


def _arguments(part: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: _compact(value) for key, value in (part or {}).items() if value is not None}


def _compact(value: Any) -> str:
    """Best(margin=10); several of them with commas between."""
    if isinstance(value, Mapping):
        inside = ', '.join(f'{key}={_compact(one)}' for key, one in value.items() if key != 'type' and one is not None)
        return f'{value.get("type", "")}({inside})' if inside else str(value.get('type', '-'))
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        return ', '.join(map(_compact, value))
    return str(value)
