"""Running a tracker over a benchmark: shared over processes and machines, resumable a sequence at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import cv2
import torch
from mmengine.config import Config

from vtzoo.api import load_tracker
from vtzoo.config import load_config, tracking_settings
from vtzoo.data.sequence import Dataset, MissingSequenceError
from vtzoo.evaluation.benchmarks import Benchmark
from vtzoo.evaluation.partial import PartialSet
from vtzoo.evaluation.results import check_names, check_result, write_result
from vtzoo.evaluation.run_record import claim, read_run
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.inference.online import OnlineTracker
from vtzoo.utils.device import find_device, own_cores
from vtzoo.utils.digest import sha256
from vtzoo.utils.names import show
from vtzoo.utils.progress import progress

SAID = 8
"""How many damaged files are named."""


@dataclass(frozen=True)
class Job:
    """What every worker needs to know.

    Args:
        config: a config, its name or its path.
        checkpoint: the file of its weights, or 'random'.
        benchmark: the benchmark.
        dataset: its sequences.
        out: where the results go.
        repeat: how often each sequence is run.
    """

    config: Config | str
    checkpoint: str
    benchmark: Benchmark
    dataset: Dataset
    out: Path
    repeat: int = 1

    def tracker(self, device: str) -> OnlineTracker:
        """The tracker with the benchmark's online settings."""
        return load_tracker(self.config, self.checkpoint, device, self.benchmark.name)

    def missing(self, name: str, frames: int) -> tuple[list[int], str | None]:
        """The repetitions of a sequence to run, and which damaged file they were run for before, if any.

        From the first that is not done or not whole, all are: their times share a file.
        """
        for number in range(1, self.repeat + 1):
            try:
                check_result(self.out, name, frames, self.benchmark.layout, number)
            except FileNotFoundError:
                return list(range(number, self.repeat + 1)), None
            except ValueError as error:
                return list(range(number, self.repeat + 1)), str(error)
        return [], None

    def finished(self) -> bool:
        """Whether every sequence is done, by whatever process."""
        record = read_run(self.out)
        return record is not None and not any(self.missing(*one)[0] for one in record['frames'].items())


@dataclass(frozen=True)
class Placement:
    """This process among those of a torchrun, and where its trackers run.

    Args:
        rank, world: number of this process, and how many there are.
        devices: one for each worker.
    """

    rank: int
    world: int
    devices: tuple[str, ...]


def place(device: str | None = None, workers: int | None = None) -> Placement:
    """Find devices and cores: a worker on each GPU, else on each core, shared with the torchrun's other processes."""
    rank, world = int(os.environ.get('RANK', 0)), int(os.environ.get('WORLD_SIZE', 1))
    local, locals_ = int(os.environ.get('LOCAL_RANK', 0)), int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if workers is not None and workers < 1:
        raise ValueError(f'--workers is at least 1, not {workers}.')
    if find_device(device).type == 'cuda':
        found = [f'cuda:{i}' for i in range(torch.cuda.device_count())] if device == 'cuda' else [device]
        found = found[local % len(found):][:1] if locals_ > 1 else found
        return Placement(rank, world, tuple(found[i % len(found)] for i in range(workers or len(found))))
    return Placement(rank, world, (device,) * (workers or max(1, own_cores() // locals_)))


def describe(job: Job, device: str) -> dict[str, Any]:
    """What decides the results; a run goes on only where it agrees."""
    cfg = load_config(job.config) if isinstance(job.config, str) else job.config
    settings = json.loads(json.dumps(tracking_settings(cfg, job.benchmark.name)))
    digest = None if job.checkpoint == 'random' else sha256(job.checkpoint)
    return dict(
        benchmark=job.benchmark.name, config=cfg.name, checkpoint=Path(job.checkpoint).name,
        checkpoint_sha256=digest, settings=settings, device=torch.device(device).type,
        config_text=cfg.pretty_text, partial=isinstance(job.dataset, PartialSet))


def lengths(dataset: Dataset) -> tuple[dict[int, tuple[str, int]], dict[str, str]]:
    """-> index -> name and frames of every sequence that can be read, the longest first; and what the others say."""
    found, faults = {}, {}
    for i in progress(range(len(dataset)), 'reading annotations'):
        try:
            sequence = dataset[i]
            found[i] = sequence.name, len(sequence.frames)
        except MissingSequenceError as error:
            faults[f'sequence {i}'] = f'{error} --partial leaves out what is not on disk.'
        except (ValueError, OSError) as error:
            faults[f'sequence {i}'] = str(error)
    return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[1][0]))), faults


def run_benchmark(job: Job, placement: Placement) -> dict[str, str]:
    """Run what is not done yet of this process's share.

    Returns:
        sequence -> traceback, of those that failed. All others are written.
    """
    sequences, faults = lengths(job.dataset)
    check_names([name for name, _ in sequences.values()], job.out)
    share = list(sequences.items())[placement.rank::placement.world]
    left = {index: job.missing(*one) for index, one in share}
    todo = [index for index, (repetitions, _) in left.items() if repetitions]
    workers = min(len(placement.devices), len(todo))
    _one_thread()
    # Before anything is written, and not in every worker: this is where a checkpoint that does not fit is told.
    tracker = job.tracker(placement.devices[0] if workers == 1 else 'cpu')
    claim(job.out, describe(job, placement.devices[0]), placement.devices[0], dict(sorted(sequences.values())),
          placement.rank == 0)
    damaged = [why for _, why in left.values() if why]
    for why in damaged[:SAID]:
        print(f'run again: {show(why)}')
    if len(damaged) > SAID:
        print(f'run again: {len(damaged) - SAID} more sequences with damaged result files.')
    print(f'{len(todo)} of {len(share)} sequences to run'
          + (f', {workers} at a time on {", ".join(sorted(set(placement.devices[:workers])))}.' if todo else '.'))
    if todo:
        outcomes = ((index, _one(job, tracker, index)) for index in todo) if workers == 1 else _in_parallel(
            job, placement.devices[:workers], todo)
        faults |= {sequences[index][0]: fault for index, fault in progress(outcomes, 'sequences', len(todo)) if fault}
    return faults


def _one(job: Job, tracker: OnlineTracker, index: int) -> str | None:
    """Run a sequence; a traceback where that fails."""
    try:
        sequence = job.dataset[index]
        for repetition in job.missing(sequence.name, len(sequence.frames))[0]:
            write_result(job.out, sequence.name, run_sequence(tracker, sequence), job.benchmark.layout, repetition)
    except Exception:  # whatever it is, it is reported, and the other sequences go on
        return traceback.format_exc()
    return None


def _in_parallel(job: Job, devices: Sequence[str], todo: Sequence[int]) -> Iterator[tuple[int, str | None]]:
    context = multiprocessing.get_context('spawn')  # CUDA does not survive a fork
    queue = context.SimpleQueue()
    for device in devices:
        queue.put(device)
    with ProcessPoolExecutor(len(devices), context, _start_worker, (job, queue)) as pool:
        futures = {pool.submit(_work, index): index for index in todo}
        try:
            for future in as_completed(futures):
                try:
                    yield futures[future], future.result()
                except BrokenProcessPool:
                    yield futures[future], 'a worker process was killed, perhaps for want of memory: run again with ' \
                                           'fewer --workers; what is done is kept.\n'
        finally:
            pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process keeps from one sequence to the next."""

    job: Job
    tracker: OnlineTracker


def _start_worker(job: Job, devices: SimpleQueue) -> None:
    def end_with_parent() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    _one_thread()
    _Worker.job, _Worker.tracker = job, job.tracker(devices.get())


def _work(index: int) -> str | None:
    return _one(_Worker.job, _Worker.tracker, index)


def _one_thread() -> None:
    """Sums come out the same however many workers there are, and workers do not fight over cores."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
