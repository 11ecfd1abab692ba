"""The search: Optuna proposes online settings, sequences judge them one after the other, and weak ones stop early."""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from vtzoo.evaluation.benchmarks import truth_of
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.evaluation.scored_results import judge
from vtzoo.evaluation.scoring.protocols import Protocol
from vtzoo.evaluation.scoring.score import Case
from vtzoo.evaluation.tables import main_score
from vtzoo.models.tracker import Tracker
from vtzoo.tuning.maps import MappedTracker, Maps
from vtzoo.tuning.space import Range, changed
from vtzoo.utils.errors import RunError
from vtzoo.utils.progress import progress
from vtzoo.utils.require import require

STUDY_FILE, WARM_UP = 'study.db', 3
"""Where a study is kept; how many sequences each trial runs before it may be stopped."""


class Task(NamedTuple):
    """What settings are judged by. about: what makes it this task and no other, for a study that goes on later."""

    model: Tracker
    settings: Mapping[str, Any]
    space: Mapping[str, Range]
    sequences: Sequence[Any]
    protocol: Protocol
    device: str
    about: Mapping[str, Any]


class Found(NamedTuple):
    """values: the best settings; scores, default: (sequences,) percent of them and of the config's own settings."""

    measure: str
    values: dict[str, float]
    scores: np.ndarray
    default: np.ndarray
    finished: int
    pruned: int


def optuna() -> ModuleType:
    """The library; RunError where it is not installed."""
    try:
        return importlib.import_module('optuna')
    except ImportError:
        raise RunError("tuning needs Optuna, an extra: pip install 'vtzoo[tune]'.") from None


def search(task: Task, trials: int, seed: int, out: Path, maps: Maps) -> Found:
    """Run trials until a study has so many; those of an earlier run count.

    The first trial is the config's own settings. Each trial's proposal depends on the seed and on the trials before it
    alone, so a study that was stopped and resumed is the one that was not.

    Raises:
        ValueError: the folder holds a study of something else.
    """
    lib = optuna()
    study = open_study(lib, dict(task.about, space=task.space), seed, out, lib.pruners.MedianPruner(5, WARM_UP - 1))
    states = lib.trial.TrialState
    done = [trial for trial in study.trials if trial.state in (states.COMPLETE, states.PRUNED)]
    if not done:
        study.enqueue_trial({name: one.default for name, one in task.space.items()})
    for number in progress(range(len(done), trials), 'trials'):
        study.sampler = lib.samplers.TPESampler(seed=seed + number)
        trial = study.ask()
        values = {name: trial.suggest_int(name, int(one.low), int(one.high), log=True) if one.whole
                  else trial.suggest_float(name, one.low, one.high) for name, one in task.space.items()}
        scores, measure = _judge(task, values, maps, trial if number else None)
        trial.set_user_attr('scores', scores)
        trial.set_user_attr('measure', measure)
        if len(scores) < len(task.sequences):
            study.tell(trial, state=states.PRUNED)
        else:
            study.tell(trial, float(np.mean(scores)))
    whole = [trial for trial in study.trials if trial.state == states.COMPLETE]
    best = max(whole, key=lambda trial: (trial.value, -trial.number))
    return Found(best.user_attrs['measure'], best.params, np.array(best.user_attrs['scores']),
                 np.array(whole[0].user_attrs['scores']), len(whole),
                 sum(trial.state == states.PRUNED for trial in study.trials))


def open_study(lib: ModuleType, about: Mapping[str, Any], seed: int, out: Path, pruner: Any) -> Any:
    """The study of a folder, begun where there is none.

    Raises:
        ValueError: the folder holds a study of something else.
    """
    lib.logging.set_verbosity(lib.logging.ERROR)
    out.mkdir(parents=True, exist_ok=True)
    path = (out / STUDY_FILE).resolve()
    about = json.loads(json.dumps(dict(about, seed=seed)))
    try:
        study = lib.create_study(storage=f'sqlite:///{path}', study_name='tune', direction='maximize',
                                 load_if_exists=True, pruner=pruner)
    except Exception as error:  # of the database's own library, whatever it is
        raise ValueError(f'{path} cannot be read as a study ({type(error).__name__}): name another folder with '
                         '--out.') from error
    known = study.user_attrs.get('about')
    require(known in (None, about), f'{out} holds a study of something else ('
            f'{", ".join(key for key in about if (known or {}).get(key) != about[key])} differ): name another folder '
            'with --out.')
    study.set_user_attr('about', about)
    return study


def _judge(task: Task, values: Mapping[str, float], maps: Maps, trial: Any) -> tuple[list[float], str]:
    """-> a score for each sequence, fewer where the trial was stopped early; and its name."""
    settings = copy.deepcopy(changed(task.settings, values))
    tracker = MappedTracker(maps, task.model, **settings, device=task.device)
    scores, measure = [], ''
    for i, sequence in enumerate(task.sequences):
        tracker.sequence = sequence.name
        result = run_sequence(tracker, sequence)
        case = Case(sequence.name, truth_of(sequence, task.protocol.clipped), [result.boxes])
        judged = judge([task.protocol], {'trial': [case]})[0][task.protocol.name]
        measure = main_score(judged)
        scores.append(float(judged['trial'].scores[measure][0]))
        if trial is not None:
            trial.report(float(np.mean(scores)), i)
            if i + 1 < len(task.sequences) and trial.should_prune():
                break
    return scores, measure
