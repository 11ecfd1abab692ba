"""Running a sweep's trials: several at once here, or as jobs and commands for other machines."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from filelock import FileLock, Timeout

from vtzoo.sweep.plan import Plan, trial_folder
from vtzoo.sweep.trial import CRASHED, DONE, LOG_FILE, last_words, prepare, read_state, steps_of, write_state
from vtzoo.utils.progress import progress

SLURM = '''\
#!/bin/sh
#SBATCH --job-name=vtzoo-sweep
#SBATCH --array=1-{count}
#SBATCH --output={folder}/slurm-%a.txt
trial="$(sed -n "${{SLURM_ARRAY_TASK_ID}}p" {listing})"
srun vtzoo sweep trial "$trial" >>"$trial/{log}" 2>&1
'''


def prepare_all(plan: Plan, folder: Path) -> list[Path]:
    """Every trial's folder, each with what its trial needs."""
    places = {(variant.name, seed): trial_folder(folder, variant, seed) for variant, seed in plan.trials()}
    for variant in progress(plan.variants, 'variants'):
        states = [read_state(places[variant.name, seed]) for seed in plan.seeds]
        steps = next((state['steps'] for state in states if state.get('steps')), None) or steps_of(plan, variant)
        for seed in plan.seeds:
            prepare(places[variant.name, seed], plan, variant, seed, steps)
    return list(places.values())


def left(folders: Sequence[Path], retry: bool) -> list[Path]:
    """Trials that are not done; those that crashed only when asked for."""
    states = {folder: read_state(folder)['state'] for folder in folders}
    return [folder for folder, state in states.items() if state != DONE and (retry or state != CRASHED)]


def run_here(folders: Sequence[Path], jobs: int, gpus: Sequence[str] = ()) -> dict[Path, int]:
    """Run trials, so many at a time, each in a process that ends with this one; -> exit codes.

    Args:
        folders: of the trials.
        jobs: how many at a time.
        gpus: numbers of the GPUs that the jobs share; empty: none.
    """
    places: SimpleQueue[str | None] = SimpleQueue()
    for i in range(jobs):
        places.put(gpus[i % len(gpus)] if gpus else None)
    codes: dict[Path, int] = {}
    running: set[subprocess.Popen] = set()
    stopped = threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_one, folder, places, running, stopped): folder for folder in folders}
        try:
            for future in progress(as_completed(futures), 'trials', len(futures)):
                codes[futures[future]] = future.result()
        except BaseException:
            stopped.set()
            for process in list(running):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return codes


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While this process runs a sweep's trials, no other one does; ValueError where another one does."""
    lock = FileLock(folder / '.lock')
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(f'another process runs the trials of {folder}: wait for it, or stop it.') from None
    try:
        yield
    finally:
        lock.release()


def _one(folder: Path, places: SimpleQueue[str | None], running: set[subprocess.Popen],
         stopped: threading.Event) -> int:
    gpu = places.get()
    threads = {} if 'OMP_NUM_THREADS' in os.environ else dict(OMP_NUM_THREADS='1')
    environment = os.environ | threads | ({} if gpu is None else dict(CUDA_VISIBLE_DEVICES=gpu))
    folder.mkdir(parents=True, exist_ok=True)  # where somebody deleted it meanwhile, the trial itself says so
    try:
        with open(folder / LOG_FILE, 'ab') as log:
            process = subprocess.Popen(command(folder, '--with-parent'), stdin=subprocess.PIPE, stdout=log,
                                       stderr=subprocess.STDOUT, env=environment)
            running.add(process)
            try:
                code = process.wait()
            finally:
                running.discard(process)
                process.stdin.close()
                process.kill()
                process.wait()
        told = stopped.is_set() or code in (0, 130) or read_state(folder)['state'] in (CRASHED, DONE)
        if not told:  # it could not write that down itself
            words = f'it was killed by signal {-code}' if code < 0 else last_words(folder)
            write_state(folder, state=CRASHED, reason=words)
        return code
    finally:
        places.put(gpu)


def command(folder: Path, *options: str) -> list[str]:
    """What runs one trial."""
    return [sys.executable, '-m', 'vtzoo', 'sweep', 'trial', str(folder.resolve()), *options]


def end_with_parent() -> None:
    """End this process when the one that began it is gone: its end of our standard input closes then."""
    def watch() -> None:
        while os.read(0, 4096):  # not through sys.stdin, whose lock an ending interpreter waits for in vain
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def write_commands(folders: Sequence[Path], folder: Path) -> Path:
    """A file with a line for each trial, for any queue; -> its path."""
    path = folder / 'commands.txt'
    path.write_text(''.join(f'vtzoo sweep trial {shlex.quote(str(one.resolve()))} '
                            f'>>{shlex.quote(str(one.resolve() / LOG_FILE))} 2>&1\n' for one in folders), 'utf-8')
    return path


def write_slurm(folders: Sequence[Path], folder: Path) -> Path:
    """A job array for slurm, to be looked over and given to sbatch; -> its path."""
    listing, script = folder / 'trials.txt', folder / 'sweep.sbatch'
    listing.write_text(''.join(f'{one.resolve()}\n' for one in folders), 'utf-8')
    script.write_text(SLURM.format(
        count=len(folders), folder=shlex.quote(str(folder.resolve())), log=LOG_FILE,
        listing=shlex.quote(str(listing.resolve()))), 'utf-8')
    return script
