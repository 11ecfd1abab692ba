"""mmengine's loops, where tracking needs more: resume inside an epoch, failures by name, whole videos."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
from mmengine.dist import all_gather_object
from mmengine.model import is_model_wrapper
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmengine.runner.base_loop import BaseLoop
from torch.utils.data import DataLoader, Sampler

from vtzoo.data.pairs import TrainingSamples
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.evaluation.scoring.validation import average_overlap, validation_case
from vtzoo.inference.online import OnlineTracker
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require


class EpochSampler(Sampler):
    """Numbers of the samples of an epoch, shared out over processes batch by batch.

    Args:
        samples: per epoch, all processes together.
        batch_size: of one process.
        rank, world_size: of this process.
    """

    def __init__(self, samples: int, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        require(isinstance(batch_size, int), f'train_dataloader.batch_size is a whole number, not {batch_size!r}.')
        self.whole = batch_size * world_size
        require(self.whole > 0 and samples >= self.whole,
                f'an epoch of {samples} samples does not fill one batch of {batch_size} in {world_size} process(es): '
                'write a smaller train_dataloader.batch_size or more samples.')
        self.samples, self.rank, self.world_size, self.batch_size = samples, rank, world_size, batch_size
        self.epoch, self.skip = 0, 0

    def begin(self, epoch: int, skip: int) -> None:
        """Of which epoch the next pass gives the numbers, and how many batches it leaves out."""
        self.epoch, self.skip = epoch, skip

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.samples
        usable = self.samples // self.whole * self.whole
        return iter(range(first + self.skip * self.whole + self.rank, first + usable, self.world_size))

    def __len__(self) -> int:
        return self.samples // self.whole * self.batch_size


class TrainLoop(EpochBasedTrainLoop):
    """Epochs that a resumed run enters where it left them.

    Args:
        runner, dataloader, max_epochs: as in mmengine.
        max_iters: stop after this many iterations in all; None: after max_epochs.
        options: see mmengine's loop.
    """

    def __init__(self, runner: Runner, dataloader: DataLoader, max_epochs: int, max_iters: int | None = None,
                 **options: Any) -> None:
        length = len(dataloader)
        super().__init__(runner, dataloader, -(-max_iters // length) if max_iters else max_epochs, **options)
        self._max_iters = max_iters or self._max_iters

    def run(self) -> torch.nn.Module:
        """Train; a run resumed at the end of an epoch ends that epoch first, with its validation."""
        self._epoch = max(self._iter - 1, 0) // len(self.dataloader)
        return super().run()

    def run_epoch(self) -> None:
        """What is left of an epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        skip = self._iter - self._epoch * len(self.dataloader)
        self.dataloader.sampler.begin(self._epoch, skip)
        batches = iter(self.dataloader) if skip < len(self.dataloader) else iter(())
        for index in range(skip, len(self.dataloader)):
            if self._iter >= self._max_iters:
                break
            self.run_iter(index, self._next(batches))
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: dict) -> None:
        """One step; a loss that is no number stops the run before it moves a weight."""
        try:
            super().run_iter(idx, data_batch)
        except FloatingPointError as error:
            what = str(error)
            if ' for the samples ' not in what:
                what += f' for the samples {"; ".join(data_batch["id"])}.'
            raise RunError(f'step {self._iter + 1}: {what} Weights were not changed; the last checkpoint in '
                           f'{self.runner.work_dir} is good.') from error

    def _next(self, batches: Iterator) -> dict:
        try:
            return next(batches)
        except RuntimeError as error:
            samples: TrainingSamples = self.dataloader.dataset
            message = str(error).strip()
            if 'exited unexpectedly' in message or 'killed by signal' in message:
                raise RunError(f'a data worker died at step {self._iter + 1} ({message.splitlines()[0]}); in work were '
                               f'{"; ".join(samples.in_work()) or "no samples"}.') from error
            if type(error) is RuntimeError and 'RunError' in message:
                raise RunError(message.rsplit('RunError: ', 1)[-1]) from error
            raise


class TrackingLoop(BaseLoop):
    """Validation by tracking: whole sequences through the online tracker, shared out over processes.

    A sequence with a bad file is named once and left out, every time: figures of one run stay comparable.

    Args:
        runner, dataloader: a loader of :class:`~vtzoo.data.sequence.Sequence`, one a batch.
        evaluator: mmengine asks for one; it judges batches, not videos, and has nothing to do here.
        tracking: the online settings.
    """

    def __init__(self, runner: Runner, dataloader: DataLoader, evaluator: Any, tracking: dict) -> None:
        super().__init__(runner, dataloader)
        self.tracking, self.said = tracking, set()

    def run(self) -> dict[str, float]:
        """-> {'AO': ..., 'SR0.5': ...}."""
        runner = self.runner
        runner.call_hook('before_val')
        runner.call_hook('before_val_epoch')
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        tracker = OnlineTracker(model, **self.tracking, device=next(model.parameters()).device)
        cases = []
        for index, number in enumerate(self.dataloader.sampler):
            runner.call_hook('before_val_iter', batch_idx=index, data_batch=None)
            try:
                sequence = self.dataloader.dataset[number]
                cases.append(validation_case(sequence, run_sequence(tracker, sequence)))
            except (FrameError, AnnotationError) as error:
                self._leave_out(error)
            runner.call_hook('after_val_iter', batch_idx=index, data_batch=None, outputs=None)
        metrics = average_overlap(chain.from_iterable(all_gather_object(cases)))
        runner.call_hook('after_val_epoch', metrics=metrics)
        runner.call_hook('after_val')
        return metrics

    def _leave_out(self, error: FrameError | AnnotationError) -> None:
        if str(error) not in self.said:
            self.said.add(str(error))
            self.runner.logger.warning(f'left out of validation: {error}')
