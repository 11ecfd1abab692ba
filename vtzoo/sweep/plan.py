"""What a sweep runs: configs, varied options and seeds, as a list of trials; combinations that cannot be built are
left out with their reason."""

from __future__ import annotations

import fnmatch
import itertools
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from vtzoo.api import build_model
from vtzoo.config import OPTIONAL, config_name, find_config, list_models, load_config
from vtzoo.engine.checks import check_run
from vtzoo.engine.weights import first_weights
from vtzoo.evaluation.benchmarks import find_benchmark, is_withheld
from vtzoo.sweep.description import Asked, description, read_description
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import file_name
from vtzoo.utils.require import require, require_known

PLAN_FILE = 'sweep.json'


@dataclass(frozen=True)
class Budget:
    """How long each trial trains: so many steps, or as many as fit in so many minutes on this machine. Neither: as
    long as its config says."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        require(self.steps is None or self.minutes is None, 'a budget is in steps or in minutes: write one of them.')
        for name, value in asdict(self).items():
            number = isinstance(value, int | (float if name == 'minutes' else int)) and not isinstance(value, bool)
            require(value is None or (number and value > 0), f'a budget is a number above 0, not {value!r} {name}.')


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Args:
        name: unique in the sweep.
        config: name or path.
        options: dotted overrides of the config.
    """

    name: str
    config: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Config:
        """The config with the options applied."""
        return load_config(self.config, dict(self.options))


@dataclass(frozen=True)
class Plan:
    """A whole sweep.

    Args:
        variants: the rows.
        seeds: of each.
        benchmark: what every trained tracker is tested on.
        budget: of each trial.
        baseline: name of the variant that differences are taken from; None: the first.
        data: root of the data sets; None: the embedded set.
        from_scratch: True: random weights, also where a config names pretrained ones.
        left_out: name of a combination -> why it cannot be built.
    """

    variants: list[Variant]
    seeds: list[int]
    benchmark: str = 'synthetic'
    budget: Budget = Budget()
    baseline: str | None = None
    data: str | None = None
    from_scratch: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        require(len({_folder_name(name).casefold() for name in names}) == len(names),
                'two rows of a sweep have one name, or names that differ only in capitals: rename one.')
        require(bool(names), 'the sweep has no run'
                + (': ' + '; '.join(f'{name}: {why}' for name, why in self.left_out.items()) if self.left_out else '.'))
        require(bool(self.seeds) and all(type(seed) is int and seed >= 0 for seed in self.seeds)
                and len(set(self.seeds)) == len(self.seeds), f'seeds are different whole numbers, not {self.seeds}.')
        require(self.baseline is None or self.baseline in names,
                f'the baseline {self.baseline!r} is not a row of the sweep; rows: {", ".join(names)}.')

    def trials(self) -> list[tuple[Variant, int]]:
        """Every variant with every seed; all variants of the first seed come first."""
        return [(variant, seed) for seed in self.seeds for variant in self.variants]

    def save(self, folder: Path) -> None:
        """Write the plan, or find that the folder holds the same one.

        Raises:
            ValueError: it holds another sweep.
        """
        text = json.dumps(asdict(self), indent=1, default=str)
        path = folder / PLAN_FILE
        if path.exists():
            require(path.read_text('utf-8') == text, f'{folder} holds another sweep: name another folder with --out, '
                                                     'or repeat the command that began it.')
            return
        write_atomically(path, text)


def read_plan(folder: str | Path) -> Plan:
    """The plan of a sweep that was begun.

    Raises:
        ValueError: the folder holds none.
    """
    path = Path(folder) / PLAN_FILE
    try:
        found = json.loads(path.read_text('utf-8'))
        return Plan(**found | dict(variants=[Variant(**one) for one in found['variants']],
                                   budget=Budget(**found['budget'])))
    except FileNotFoundError:
        raise ValueError(f'{folder} is not the folder of a sweep: it has no {PLAN_FILE}.') from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f'{path} cannot be read ({error}): begin the sweep again in another folder.') from None


def make_plan(what: str, vary: Mapping[str, Sequence[Any]], seeds: Sequence[int], **settings: Any) -> Plan:
    """A plan from the command line.

    Args:
        what: a config, a shell pattern of configs of the zoo ('ablations/table4_*'), or a file that describes a sweep.
        vary: dotted key -> the values it takes; every combination is a variant.
        seeds: of each variant.
        settings: other arguments of :class:`Plan`.

    Raises:
        ValueError: nothing matches, or nothing can be built.
    """
    found = description(what)
    asked = Asked(matching(what), vary, seeds) if found is None else read_description(what, found, vary, seeds)
    settings = {**asked.settings, **{key: value for key, value in settings.items() if value is not None}}
    if isinstance(settings.get('budget'), Mapping):
        settings['budget'] = Budget(**settings['budget'])
    variants, left_out = [], {}
    for variant in _variants(asked):
        reason = problem(variant)
        if reason is None:
            variants.append(variant)
        else:
            left_out[variant.name] = reason
    return Plan(variants, list(asked.seeds), left_out=left_out, **settings)


def _variants(asked: Asked) -> Iterator[Variant]:
    """Every combination, under a name of its own, whether it can be built or not."""
    taken: set[str] = set()
    for config in asked.configs:
        path = find_config(config)
        where = config_name(path) if config_name(path) in list_models() else str(path.resolve())
        whole = load_config(where)
        for key in asked.options_set():
            check_key(whole, key)
        for row, *values in itertools.product(asked.rows or [''], *asked.vary.values()):
            chosen = dict(zip(asked.vary, values, strict=True))
            name = _other_than(_name(config_name(path), row, chosen, len(asked.configs) > 1), taken)
            taken.add(name)
            yield Variant(name, where, {**asked.options, **asked.rows.get(row, {}), **chosen})


def check_recipes(plan: Plan) -> None:
    """Raise ValueError where a config has no training."""
    for variant in plan.variants:
        lacks = [key for key in ('train_dataloader', 'train_cfg', 'optim_wrapper') if not variant.load().get(key)]
        require(not lacks, f'{variant.config} is not trained by a sweep: it has no {", ".join(lacks)}.')


def check_weights(plan: Plan) -> None:
    """Find before any training that the weights are there which the variants start from.

    Raises:
        ValueError: they are not; says which variant wants what.
    """
    if plan.from_scratch or plan.data is None:  # on the embedded set, weights that are not there are random ones
        return
    found = set()
    for variant in plan.variants:
        cfg = variant.load()
        source = json.dumps([cfg.get('stage1'), cfg.model.backbone.to_dict()], default=str)
        if source not in found:
            try:
                first_weights(build_model(cfg), cfg.get('stage1'), from_scratch=False, embedded=False)
            except (FileNotFoundError, ValueError) as error:
                raise ValueError(f'{variant.name}: {error}') from error
        found.add(source)


def check_data(plan: Plan) -> None:
    """Find before any training that the benchmark's sequences are there and can be scored.

    Raises:
        ValueError, FileNotFoundError: they are not.
    """
    benchmark = find_benchmark(plan.benchmark)
    dataset = benchmark.open(plan.data)
    require(len(dataset) > 0, f'{plan.benchmark} has no sequence to test on.')
    require(not is_withheld(dataset[0]), f'{plan.benchmark} cannot be scored here: '
                                         f'{benchmark.remark or "it has boxes for first frames only"}.')


def matching(pattern: str) -> list[str]:
    """Configs whose name matches a shell pattern; or the one config of that name or path."""
    if not any(sign in pattern for sign in '*?['):
        find_config(pattern)
        return [pattern]
    found = [name for name in list_models() if fnmatch.fnmatch(name, pattern)]
    require(bool(found), f'no config of the zoo matches {pattern!r}: `vtzoo list` shows all of them.')
    return found


def _name(config: str, row: str, chosen: Mapping[str, Any], several: bool) -> str:
    """Short where it can be: row and values that vary, after the config's name where there are several configs."""
    values = [f'{key.removesuffix(".type").rsplit(".", 1)[-1]}={_short(value)}' for key, value in chosen.items()]
    return ' '.join([config] * (several or not (row or values)) + [row] * bool(row) + values)


def check_key(cfg: Config, key: str) -> None:
    """Every part of a dotted key but the last, which a part may have without saying so, stands in the config; at its
    top also what a config may have and this one has not, such as ``stage1``."""
    value, parts = cfg.to_dict(), key.split('.')
    if parts[0] in OPTIONAL:
        value.setdefault(parts[0], None)
    for i, part in enumerate(parts[:-1] or parts):
        if not isinstance(value, Mapping):
            return  # a list, or a part that another value brings
        require_known('.'.join(parts[:i]) or 'the config', [part], value)
        value = value[part]


def _other_than(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where others have it: values that differ in their arguments alone."""
    return next(one for i in itertools.count(1) if (one := name if i == 1 else f'{name} {i}') not in taken)


def _short(value: Any) -> str:
    return str(value['type']) if isinstance(value, Mapping) and 'type' in value else str(value)


def problem(variant: Variant) -> str | None:
    """Why a variant cannot be built; None: it can."""
    try:
        cfg = variant.load()
        check_run(cfg)
        with torch.device('meta'):
            build_model(cfg)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def trial_folder(folder: Path, variant: Variant, seed: int) -> Path:
    """Where a trial is kept."""
    return folder / 'runs' / _folder_name(variant.name) / f'seed{seed}'


def _folder_name(name: str) -> str:
    return file_name(name.replace('/', '-'))


def scaled_to(cfg: Config, steps: int) -> dict[str, Any]:
    """Options that make a config's whole schedule, epochs and learning rates, as long as so many steps."""
    epochs = cfg.train_cfg.max_epochs
    return {'train_dataloader.dataset.samples': math.ceil(steps * cfg.train_dataloader.batch_size / epochs)}
