"""One trial: a normal training run and its test, in a folder that says how far it came.

``vtzoo sweep trial FOLDER`` runs in a process of its own: what goes wrong in it is written down, and the sweep goes on.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vtzoo.config import load_config
from vtzoo.engine.checkpoints import newest_checkpoint
from vtzoo.sweep.plan import Plan, Variant, scaled_to
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.require import require

STATE_FILE, CONFIG_FILE, LOG_FILE = 'trial.json', 'config.py', 'log.txt'
LONGEST = 300
"""Letters of a reason."""
WAITING, RUNNING, DONE, CRASHED = 'waiting', 'running', 'done', 'crashed'


def prepare(folder: Path, plan: Plan, variant: Variant, seed: int, steps: int | None) -> None:
    """Write what a trial needs, once: its resolved config and where its data and test are."""
    if (folder / STATE_FILE).exists() and (folder / CONFIG_FILE).exists():
        return
    options: dict[str, Any] = {'randomness.seed': seed}
    if steps:
        options |= scaled_to(variant.load(), steps)
    cfg = load_config(variant.config, {**variant.options, **options})
    folder.mkdir(parents=True, exist_ok=True)
    cfg.work_dir = str(folder / 'run')
    write_atomically(folder / CONFIG_FILE, cfg.pretty_text)
    write_state(folder, state=WAITING, variant=variant.name, seed=seed, benchmark=plan.benchmark, data=plan.data,
                from_scratch=plan.from_scratch, steps=steps, seconds=0.0, reason=None)


def read_state(folder: Path) -> dict[str, Any]:
    """What a trial's folder says of it; a trial that was never prepared is waiting."""
    try:
        found = json.loads((folder / STATE_FILE).read_text('utf-8'))
        return found if isinstance(found, dict) and 'state' in found else dict(state=WAITING)
    except (OSError, ValueError):
        return dict(state=WAITING)


def write_state(folder: Path, **changes: Any) -> None:
    """Change what a trial's folder says of it."""
    known = read_state(folder) if (folder / STATE_FILE).exists() else {}
    write_atomically(folder / STATE_FILE, json.dumps(known | changes, indent=1))


def run_trial(folder: Path, command: Callable[[list[str]], int]) -> int:
    """Train from where it was, test, and write down how it ended; -> exit code.

    Args:
        folder: of the trial.
        command: runs the ``vtzoo`` command with these words -> its exit code.

    Raises:
        ValueError: the folder was not prepared by a sweep.
    """
    require((folder / STATE_FILE).is_file(), f'{folder} is not a trial of a sweep: it has no {STATE_FILE}.')
    state, begun = read_state(folder), time.monotonic()
    write_state(folder, state=RUNNING, reason=None)
    run, data = folder / 'run', ['--data', state['data']] if state.get('data') else []
    resume = ['--resume'] if newest_checkpoint(run) is not None else []
    scratch = ['--from-scratch'] if state.get('from_scratch') else []
    try:
        code = command(['train', str(folder / CONFIG_FILE), '--work-dir', str(run), *scratch, *resume, *data])
        if code == 0:
            code = command(['test', str(folder / CONFIG_FILE), str(newest_checkpoint(run)), '--benchmark',
                            state['benchmark'], '--out', str(folder / 'results'), '--workers', '1', *data])
    except Exception:  # whatever it is, it stands in the log and in the table, and the sweep goes on
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    if code == 130:
        return code
    reason = None if code == 0 else last_words(folder)
    write_state(folder, state=DONE if code == 0 else CRASHED, reason=reason,
                seconds=state['seconds'] + time.monotonic() - begun)
    return code


def last_words(folder: Path) -> str:
    """The last line that a trial printed."""
    try:
        lines = [line.strip() for line in (folder / LOG_FILE).read_text('utf-8', 'replace').splitlines()]
    except OSError:
        lines = []
    last = next((line for line in reversed(lines) if line), 'it ended without a word')
    return last if len(last) <= LONGEST else f'{last[:LONGEST]} ...'


def steps_of(plan: Plan, variant: Variant) -> int | None:
    """The steps that the budget gives to a variant; None: what its config says."""
    minutes = plan.budget.minutes
    return plan.budget.steps or (steps_in(variant.load(), minutes) if minutes else None)


def steps_in(cfg: Config, minutes: float) -> int:
    """How many training steps this machine makes in so many minutes, loading of data left out."""
    from vtzoo.sweep.cost import seconds_a_step

    return max(1, int(minutes * 60 / seconds_a_step(cfg)))
