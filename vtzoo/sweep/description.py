"""A file that describes a sweep: configs, rows, vary, options, seeds, budget, benchmark, baseline, data,
from_scratch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from mmengine.config import Config

from vtzoo.utils.require import require, require_known

SUFFIXES = ('.py', '.json', '.yaml', '.yml')
KNOWN = ('configs', 'rows', 'vary', 'seeds', 'options', 'benchmark', 'budget', 'baseline', 'data', 'from_scratch')


def description(what: str) -> dict[str, Any] | None:
    """The contents of a file that describes a sweep; None: it is a config, or no file.

    Raises:
        ValueError: the file cannot be read.
    """
    path = Path(what)
    if path.suffix not in SUFFIXES or not path.is_file():
        return None
    try:
        found = Config.fromfile(str(path)).to_dict()
    except Exception as error:  # whatever a file of Python may raise
        raise ValueError(f'{what} cannot be read ({type(error).__name__}: {error}).') from error
    return found if 'configs' in found else None


class Asked(NamedTuple):
    """What a sweep was asked for.

    configs: their names. vary: dotted key -> the values it takes. seeds: of each variant. options: dotted overrides of
    every variant. rows: name of a row -> options of its own. settings: of the plan, such as its benchmark.
    """

    configs: Sequence[str]
    vary: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    options: Mapping[str, Any] = MappingProxyType({})
    rows: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    settings: Mapping[str, Any] = MappingProxyType({})

    def options_set(self) -> dict[str, None]:
        """Every dotted key that any variant sets."""
        return dict.fromkeys([*self.options, *self.vary, *(key for row in self.rows.values() for key in row)])


def read_description(what: str, found: Mapping[str, Any], vary: Mapping[str, Sequence[Any]], seeds: Sequence[int]
                     ) -> Asked:
    """What a file and the command line ask for together.

    Args:
        what: name of the file.
        found: its contents.
        vary, seeds: of the command line; the file's come first, and its seeds replace these.

    Raises:
        ValueError: something has another form; says which is right.
    """
    require_known(what, found, KNOWN)
    configs, options, varied = found['configs'], found.get('options') or {}, found.get('vary') or {}
    rows = found.get('rows') or {}
    seeds, budget = found.get('seeds', seeds), found.get('budget', {})
    require(isinstance(configs, list | tuple) and bool(configs) and all(isinstance(one, str) for one in configs),
            f"{what} names no config: write configs=['sparsett_swin_t'].")
    require(isinstance(varied, dict) and all(isinstance(one, list | tuple) and one for one in varied.values()),
            f"{what}: vary is a mapping of keys to lists, such as {{'model.fusion.topk': [8]}}, not {varied!r}.")
    require(isinstance(rows, dict) and all(isinstance(one, dict) for one in rows.values()),
            f"{what}: rows is a mapping of names to options, such as {{'dense': {{'model.fusion.topk': None}}}}, "
            f'not {rows!r}.')
    require(isinstance(options, dict), f'{what}: options is a mapping of dotted keys to values, not {options!r}.')
    require(isinstance(seeds, list | tuple | range), f'{what}: seeds is a list such as [0, 1, 2], not {seeds!r}.')
    require(isinstance(budget, dict), f'{what}: budget is dict(steps=500) or dict(minutes=10), not {budget!r}.')
    require(isinstance(found.get('from_scratch', False), bool),
            f'{what}: from_scratch is True or False, not {found.get("from_scratch")!r}.')
    require_known(f'budget of {what}', budget, ('steps', 'minutes'))
    rest = {key: found[key] for key in ('benchmark', 'baseline', 'data', 'budget', 'from_scratch') if key in found}
    return Asked(list(configs), {**varied, **vary}, seeds, options, rows, rest)
