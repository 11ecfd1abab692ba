"""Search of training settings: each trial is a run of a sweep at equal cost, judged on validation sequences.

Optuna proposes, a trial's folder is that of a sweep's trial: resumable, with its log, config and results.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mmengine.config import Config

from vtzoo.config import load_config
from vtzoo.sweep.execute import alone, run_here
from vtzoo.sweep.plan import Plan, Variant, check_key, problem, trial_folder
from vtzoo.sweep.report import collect
from vtzoo.sweep.statistics import difference
from vtzoo.sweep.trial import prepare, read_state, steps_of
from vtzoo.sweep.written import parse_vary
from vtzoo.tuning.search import open_study, optuna
from vtzoo.utils.errors import ListError
from vtzoo.utils.formats import counted
from vtzoo.utils.progress import progress

WIDE = 20
"""A range whose ends differ by this factor is searched on a logarithmic scale."""


class Span(NamedTuple):
    """Numbers from low to high; whole numbers where both ends are written so."""

    low: float
    high: float

    def suggest(self, trial: Any, key: str) -> float:
        log = self.low > 0 and self.high / self.low >= WIDE
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(key, self.low, self.high, log=log)
        return float(f'{trial.suggest_float(key, self.low, self.high, log=log):.4g}')  # what a config would say

    def holds(self, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


class Choice(NamedTuple):
    """One of some values, of any kind."""

    values: list[Any]

    def suggest(self, trial: Any, key: str) -> Any:
        return self.values[trial.suggest_categorical(key, list(range(len(self.values))))]

    def holds(self, value: Any) -> bool:
        return value in self.values


Space = Mapping[str, Span | Choice]


def space_from(texts: Sequence[str]) -> dict[str, Span | Choice]:
    """``KEY=LOW..HIGH`` and ``KEY=[A,B,C]`` -> what is searched.

    Raises:
        ValueError: one is written otherwise.
    """
    found: dict[str, Span | Choice] = {}
    for text in texts:
        key, _, values = (part.strip() for part in text.partition('='))
        ends = [_number(end) for end in values.split('..')] if '..' in values else []
        if len(ends) == 2 and None not in ends and ends[0] < ends[1]:
            found[key] = Span(*ends)
        elif re.fullmatch(r'\[.+\]', values):
            found[key] = Choice(parse_vary(text)[1])
        else:
            raise ValueError(f'what is searched is written KEY=LOW..HIGH or KEY=[A,B], such as '
                             f'optim_wrapper.optimizer.lr=1e-4..1e-2, not {text!r}.')
    return found


def _number(text: str) -> int | float | None:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return None
    return value if type(value) in (int, float) and math.isfinite(value) else None


def search_training(plan: Plan, space: Space, trials: int, seed: int, out: Path, protocol: str | None = None) -> str:
    """Run trials until a study has so many; those of an earlier run count, and one that was stopped goes on.

    The first trial is the config's own settings where they lie inside the ranges. A trial that crashes is written
    down with its reason, and the search goes on.

    Args:
        plan: a sweep of one row, the config with what is the same in all trials; its benchmark, budget and seed.
        space: what is searched.
        trials: how many.
        seed: of the proposals.
        out: folder of the study.
        protocol: whose rules judge; None: the benchmark's.

    Returns:
        What was found, in words and as overrides.

    Raises:
        ValueError: the folder holds another study, or no trial could be run.
    """
    lib, base = optuna(), plan.variants[0]
    cfg = load_config(base.config, dict(base.options))
    for key in space:
        check_key(cfg, key)
    about = dict(config=cfg.pretty_text, benchmark=plan.benchmark, protocol=protocol, run_seed=plan.seeds,
                 budget=[plan.budget.steps, plan.budget.minutes], data=plan.data,
                 space={key: list(one) if isinstance(one, Span) else one.values for key, one in space.items()})
    study = open_study(lib, about, seed, out, lib.pruners.NopPruner())
    done = len(_told(study))
    if not done:
        _propose_own(study, space, cfg)
    steps = _steps_before(plan, base, out, done) or steps_of(plan, base)
    with alone(out):
        for number in progress(range(done, trials), 'training trials'):
            study.sampler = lib.samplers.TPESampler(seed=seed + number)
            trial = study.ask()
            values = {key: one.suggest(trial, key) for key, one in space.items()}
            trial.set_user_attr('values', json.dumps(values))
            score, reason = _run(plan, _variant(base, number, values), out, steps, protocol)
            if reason is None:
                study.tell(trial, score)
            else:
                trial.set_user_attr('reason', reason)
                study.tell(trial, state=optuna().trial.TrialState.FAIL)
    return _report(plan, study, base, out, protocol)


def _told(study: Any) -> list[Any]:
    """The trials that have ended, with a score or a reason."""
    states = optuna().trial.TrialState
    return [trial for trial in study.trials if trial.state in (states.COMPLETE, states.FAIL)]


def _propose_own(study: Any, space: Space, cfg: Config) -> None:
    """The first trial is what the config says, where that lies in the ranges."""
    own = {key: _value(cfg, key) for key in space}
    if all(one.holds(own[key]) for key, one in space.items()):
        study.enqueue_trial({key: one.values.index(own[key]) if isinstance(one, Choice) else own[key]
                             for key, one in space.items()})


def _steps_before(plan: Plan, base: Variant, out: Path, done: int) -> int | None:
    """How long the trials of an earlier run were, so that those of a budget in minutes are as long."""
    return next((read_state(trial_folder(out, _variant(base, i, {}), plan.seeds[0])).get('steps')
                 for i in range(done)), None)


def _variant(base: Variant, number: int, values: Mapping[str, Any]) -> Variant:
    return Variant(f'trial{number}', base.config, {**base.options, **values})


def _value(cfg: Any, key: str) -> Any:
    value = cfg
    for part in key.split('.'):
        value = value.get(part) if isinstance(value, Mapping) or value is cfg else None
    return value


def _run(plan: Plan, variant: Variant, out: Path, steps: int | None, protocol: str | None
         ) -> tuple[float | None, str | None]:
    """-> the trial's score, or why there is none."""
    reason = problem(variant)
    if reason is not None:
        return None, reason
    folder = trial_folder(out, variant, plan.seeds[0])
    prepare(folder, plan, variant, plan.seeds[0], steps)
    code = run_here([folder], 1)[folder]
    if code == 130:
        raise KeyboardInterrupt
    scores = _scores(plan, [variant], out, protocol)[variant.name]
    if scores is None:
        return None, str(read_state(folder).get('reason') or f'it ended with exit code {code}')
    return float(scores[1].mean()), None


def _scores(plan: Plan, variants: list[Variant], out: Path, protocol: str | None
            ) -> dict[str, tuple[str, np.ndarray] | None]:
    """Each trial's main measure and its (sequences,) scores; None where it has none."""
    rows = collect(Plan(variants, plan.seeds, plan.benchmark, data=plan.data), out, protocol)
    return {row.variant.name: next(((measure, scores) for one in row.scores.values()
                                    for measure, scores in one.scores.items()), None) for row in rows}


def _report(plan: Plan, study: Any, base: Variant, out: Path, protocol: str | None) -> str:
    told = _told(study)
    failed = [(i, trial.user_attrs['reason']) for i, trial in enumerate(told) if trial.value is None]
    scored = [(i, trial) for i, trial in enumerate(told) if trial.value is not None]
    lines = ['', f'{counted(len(told), "trial")} of {plan.benchmark}, {len(failed)} of them failed.',
             *(f'trial{i} failed: {reason}' for i, reason in failed[:5])]
    if not scored:
        raise ListError(f'no trial was finished; their logs stand in {out / "runs"}.', lines[1:])
    lines += [f'trial{i}: {trial.value:.2f}  {_options(_values(trial))}' for i, trial in
              sorted(scored, key=lambda one: -one[1].value)[:5]]
    (first, _), (best, _) = scored[0], max(scored, key=lambda one: (one[1].value, -one[0]))
    if best != first:
        lines += _gain(plan, base, best, first, out, protocol)
    options = _options({**base.options, **_values(told[best])})
    return '\n'.join([*lines, '', f'vtzoo train {base.config} --cfg-options {options}'])


def _gain(plan: Plan, base: Variant, best: int, first: int, out: Path, protocol: str | None) -> list[str]:
    """What the best trial gained over the first."""
    found = _scores(plan, [_variant(base, i, {}) for i in (best, first)], out, protocol)
    (measure, scores), (_, others) = found[f'trial{best}'], found[f'trial{first}']
    one = difference(scores[None], others[None])
    return [f'{measure} of trial{best} less that of trial{first}: {one.mean:+.2f} [95 % interval over sequences, '
            f'paired: {one.low:+.2f}, {one.high:+.2f}]; one seed each, so chance in training is not in it.',
            'The best of many tries on these very sequences looks better than it is: test it on others.']


def _values(trial: Any) -> dict[str, Any]:
    return json.loads(trial.user_attrs['values'])


def _options(values: Mapping[str, Any]) -> str:
    return ' '.join(f'{key}={value}' for key, value in values.items())
