"""Configs: found by name or path, and changed from the shell. What is built from them stands in :mod:`vtzoo.api`."""

from __future__ import annotations

import copy
import fnmatch
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtzoo.old_keys import translate, translate_options
from vtzoo.utils.suggest import did_you_mean

if TYPE_CHECKING:
    from mmengine.config import Config

OPTIONAL = (
    'tracking', 'stage1', 'model_wrapper_cfg', 'strategy', 'runner_type', 'sync_bn', 'find_unused_parameters',
    'compile', 'activation_checkpointing', 'efficient_conv_bn_eval', 'custom_imports', 'train_dataloader',
    'val_dataloader',
    'test_dataloader', 'train_cfg', 'val_cfg', 'test_cfg', 'val_evaluator', 'test_evaluator', 'optim_wrapper',
    'param_scheduler', 'auto_scale_lr', 'default_hooks', 'custom_hooks', 'data_preprocessor', 'load_from', 'resume',
    'launcher', 'env_cfg', 'log_processor', 'log_level', 'visualizer', 'default_scope', 'randomness', 'work_dir',
    'experiment_name')
"""Parts that a config may lack and an override may add: ours, then mmengine's."""
SUFFIXES = ('.py', '.json', '.yaml', '.yml')
"""The forms a config may have, as in mmengine."""
ZOO = 'VTZOO_CONFIGS'
"""Environment variable by which a config elsewhere names the folder of the zoo's, for its _base_."""
REPLACED = ('frames', 'jitter', 'set', 'sets', 'embedded', 'augmentations', 'param_scheduler')
"""Beside all of ``model`` and ``tracking``: where a changed type drops the old type's arguments."""


def travelling_folder(name: str) -> Path:
    """The folder ``configs`` or ``model_cards``: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def list_models(pattern: str = '*') -> list[str]:
    """Names of the configs in the zoo that match a shell pattern, such as '*sparse*'."""
    root = travelling_folder('configs')
    found = (path.relative_to(root).with_suffix('').as_posix() for path in root.rglob('*.py')
             if not any(part.startswith(('_', '.')) for part in path.relative_to(root).parts))
    return sorted(name for name in found if fnmatch.fnmatch(name, pattern))


def find_config(name: str | Path) -> Path:
    """A path as it is; a name of the zoo ('sparsett_swin_t', 'hybrids/...', or its last part) as its file.

    Raises:
        ValueError: there is none, or several; names the nearest.
    """
    path = Path(name)
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise ValueError(f'{path} is not a config: its name ends in none of {", ".join(SUFFIXES)}.')
        return path
    wanted, matches = _in_the_zoo(str(name))
    if len(matches) == 1:
        return travelling_folder('configs') / f'{matches[0]}.py'
    if matches:
        raise ValueError(f'{wanted!r} is the name of several configs: write one of {", ".join(matches)}.')
    hint = did_you_mean(wanted, list_models(), most=3) or '`vtzoo list` shows the zoo.'
    raise ValueError(f'there is no config {str(name)!r}, neither a file nor in the zoo; {hint}')


def _in_the_zoo(name: str) -> tuple[str, list[str]]:
    """A name as it is looked for, and the zoo's configs that go by it or by it as their last part."""
    wanted = name.removesuffix('.py').removeprefix('configs/')
    return wanted, [model for model in list_models() if wanted in (model, model.rsplit('/', 1)[-1])]


def load_config(name: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """A config by its name in the zoo or its path.

    Args:
        name: 'sparsett_swin_t', 'hybrids/...', or a path.
        options: dotted overrides, see :func:`override`.
    """
    path = find_config(name)
    cfg = translate(read_config(path))
    cfg.name = config_name(path)
    return override(cfg, options) if options else cfg


def read_config(path: Path) -> Config:
    """What mmengine reads from a file and its bases.

    Raises:
        ValueError: it cannot; says which file and why.
    """
    from mmengine.config import Config  # imports torch, which those who only look for a config need not wait for

    if path.suffix == '.py':
        _find_what_it_names(path)
    try:
        return Config.fromfile(str(path))
    except SyntaxError as error:
        reason = ('it starts with a byte-order mark: save it as UTF-8 without one'
                  if _has_mark(path) else f'line {error.lineno}: {error.msg}')
    except Exception as error:  # a config is code, which may raise anything
        reason = 'it starts with a byte-order mark: save it as UTF-8 without one' if _has_mark(path) else (
            _zoo_base(path) or _reason(error))
        raise ValueError(f'the config {path} cannot be read: {reason}.') from error
    raise ValueError(f'the config {path} cannot be read: {reason}.')


def _find_what_it_names(path: Path) -> None:
    """What a config may name wherever it lies: the zoo's folder, and modules beside it for ``custom_imports``.

    These come after all other modules, so that none is hidden.
    """
    text, folder = path.read_bytes(), str(path.resolve().parent)
    if f'{{{{${ZOO}:}}}}'.encode() in text:
        os.environ.setdefault(ZOO, str(travelling_folder('configs').resolve()))
    if b'custom_imports' in text and folder not in sys.path:
        sys.path.append(folder)


def _zoo_base(path: Path) -> str:
    """How to write it, where a _base_ is a config of the zoo by its bare name; '' where none is."""
    if path.suffix != '.py':
        return ''
    found = re.search(r'^_base_\s*=\s*(\[.*?\]|[^\n]*)', path.read_text('utf-8', 'replace'), re.MULTILINE | re.DOTALL)
    for base in re.findall(r"""['"](.*?)['"]""", found[1] if found else ''):
        _, known = _in_the_zoo(re.sub(r'^(vtzoo::|\.?\.?/)*', '', base))
        if len(known) == 1 and not (path.parent / base).exists():
            return f"there is no file {base!r} beside it; the zoo's is written '{{{{${ZOO}:}}}}/{known[0]}.py'"
    return ''


def _has_mark(path: Path) -> bool:
    return path.read_bytes()[:3] in (b'\xef\xbb\xbf', b'\xff\xfe', b'\xfe\xff') or path.read_bytes()[:2] in (
        b'\xff\xfe', b'\xfe\xff')


def _reason(error: Exception) -> str:
    text = ' '.join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split()).rstrip('.')
    if 'Duplicate key' in text:
        return f'two of its bases set the same part, which only one may ({text.rsplit(":", 1)[-1].strip()})'
    if isinstance(error, RecursionError):
        text = 'the file is among its own bases, or its code calls itself without end; look at each _base_'
    if isinstance(error, FileNotFoundError) and 'configs' in text:
        text += f'; set the environment variable {ZOO} to the folder of the zoo\'s configs if a child has moved'
    return text if isinstance(error, FileNotFoundError | ValueError) and text else f'{type(error).__name__}: {text}'


def config_name(path: Path) -> str:
    """The name a config goes by: its path in the zoo, else the file's stem."""
    try:
        return path.resolve().relative_to(travelling_folder('configs').resolve()).with_suffix('').as_posix()
    except ValueError:
        return path.stem


def override(cfg: Config, options: Mapping[str, Any]) -> Config:
    """A copy with dotted overrides, such as {'model.fusion.type': 'CrossAttention'}.

    Mappings are joined with what is there, as in mmengine; ``_delete_=True`` inside one replaces it. A changed ``type``
    of a part drops the old type's arguments; losses and ranking follow a changed head, unless the
    options name them. ``val_dataloader=None`` leaves out validation. Keys of version 0.1 are translated.

    Raises:
        ValueError: a key starts with a name that no config has; names the nearest.
    """
    cfg = copy.deepcopy(cfg)
    options = translate_options(options, cfg)
    for key in options:
        _check_part(cfg, key)
    for key in sorted(options, key=lambda key: not key.endswith('.type')):  # types first: they drop arguments
        *parents, last = key.split('.')
        node = _descend(cfg, parents, key)
        value = options[key]
        place: Any = _place(node, last, key) if isinstance(node, list) else last
        old = node[place] if isinstance(node, list) else node.get(place)
        part = parents[0] in ('model', 'tracking') or any(name in REPLACED for name in parents) if parents else False
        retyped = part and last == 'type' and node.get('type') != value
        replaced = isinstance(value, Mapping) and _replaces(value, old)
        if retyped:
            node.clear()
        node[place] = _merged(old, value)
        changes_head = (key == 'model.head' and replaced) or (key == 'model.head.type' and retyped)
        if changes_head and not any(other.startswith('model.losses') for other in options):
            cfg.model.losses = None
        if changes_head and not any(other.startswith('tracking') for other in options):
            _forget_ranking(cfg)
        for stage in ('val', 'test'):
            if key == f'{stage}_dataloader' and value is None:
                cfg[f'{stage}_cfg'] = cfg[f'{stage}_evaluator'] = None
    return cfg


def _replaces(value: Mapping[str, Any], old: Any) -> bool:
    """Whether a mapping takes the place of an older one: it is of another type, or says ``_delete_=True``."""
    kind = old.get('type') if isinstance(old, Mapping) else None
    return bool(value.get('_delete_')) or ('type' in value and value['type'] != kind)


def _merged(old: Any, value: Any) -> Any:
    """mmengine's way: mappings are joined, all else is replaced, and so is what :func:`_replaces` says."""
    if not isinstance(value, Mapping):
        return value
    kept = {} if _replaces(value, old) or not isinstance(old, Mapping) else dict(old)
    return kept | {key: _merged(kept.get(key), inner) for key, inner in value.items() if key != '_delete_'}


def _check_part(cfg: Config, key: str) -> None:
    """A misspelt part of a config is refused, not set beside the right one."""
    part, known = key.split('.')[0], sorted({*cfg, *OPTIONAL} - {'name'})
    if part not in known:
        raise ValueError(f'{key}: a config has no {part!r}; '
                         + (did_you_mean(part, known) or f'it has {", ".join(known)}.'))


def _forget_ranking(cfg: Config) -> None:
    """A ranking belongs to the head's candidates: another head is tracked with its best box."""
    tracking = cfg.get('tracking') or {}
    for settings in (tracking, *(tracking.get('benchmarks') or {}).values()):
        settings.pop('ranking', None)


def _descend(node: Any, parents: list[str], key: str) -> Any:
    """The mapping or list that holds a dotted key's last part; mappings on the way are made."""
    from mmengine.config import ConfigDict

    for parent in parents:
        if isinstance(node, list):
            node = node[_place(node, parent, key)]
            continue
        if node.get(parent) is None:
            node[parent] = ConfigDict()
        node = node[parent]
        if not isinstance(node, Mapping | list):
            raise ValueError(f'{key}: {parent!r} is {node!r}, it has nothing inside to set.')
    return node


def _place(node: list[Any], part: str, key: str) -> int:
    if not part.isdigit() or int(part) >= len(node):
        raise ValueError(f'{key}: a list of {len(node)} has no place {part!r}.')
    return int(part)


def tracking_settings(cfg: Config | Mapping[str, Any], benchmark: str | None = None) -> dict[str, Any]:
    """The config's online settings; a benchmark's row on top of them, where it has one."""
    settings = copy.deepcopy(dict(cfg.get('tracking') or {}))
    row = (settings.pop('benchmarks', None) or {}).get(benchmark, {})
    for key, value in row.items():
        settings[key] = {**settings.get(key, {}), **value} if isinstance(value, Mapping) else value
    return settings
