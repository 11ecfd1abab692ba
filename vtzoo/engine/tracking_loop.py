"""Validation and testing by tracking: whole sequences through the online tracker, shared out over processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.evaluator import Evaluator
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.utils.data import DataLoader

from vtzoo.config import tracking_settings
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.inference.online import OnlineTracker
from vtzoo.registry import LOOPS


@contextmanager
def whole(model: nn.Module) -> Iterator[nn.Module]:
    """The tracker inside a distributed wrapper, with all its parameters where they are sharded."""
    if isinstance(model, FullyShardedDataParallel):
        with FullyShardedDataParallel.summon_full_params(model, writeback=False):
            yield model.module
    else:
        yield model.module if is_model_wrapper(model) else model


@LOOPS.register_module()
class TrackingLoop(BaseLoop):
    """Tracks every sequence of a set and hands results to the evaluator's metrics.

    A sequence with a bad file is named once and left out, every time: figures of one run stay comparable.

    Args:
        runner: the run; its model tracks.
        dataloader: a loader of :class:`~vtzoo.data.sequence.TrackingSequence`.
        evaluator: metrics; each is given a sequence as ``data_batch`` and a
            :class:`~vtzoo.evaluation.results.SequenceResult` as ``data_samples``, in lists of one.
        tracking: the online settings; None: ``tracking`` of the config, with its row for the benchmark if named.
        benchmark: whose row of ``tracking.benchmarks`` is used; None: none.
    """

    stage = 'val'

    def __init__(self, runner: Runner, dataloader: DataLoader | dict, evaluator: Evaluator | dict | list,
                 tracking: dict | None = None, benchmark: str | None = None) -> None:
        super().__init__(runner, dataloader)
        self.evaluator = runner.build_evaluator(evaluator)
        self.tracking = tracking_settings(runner.cfg if tracking is None else dict(tracking=tracking), benchmark)
        self.said: set[str] = set()

    def run(self) -> dict[str, float]:
        """-> the metrics' figures, such as {'AO': ..., 'SR0.5': ...}."""
        runner, stage = self.runner, self.stage
        runner.call_hook(f'before_{stage}')
        runner.call_hook(f'before_{stage}_epoch')
        with whole(runner.model) as model:
            self._track(OnlineTracker(model, **self.tracking, device=next(model.parameters()).device))
        metrics = self.evaluator.evaluate(len(self.dataloader.dataset))
        runner.call_hook(f'after_{stage}_epoch', metrics=metrics)
        runner.call_hook(f'after_{stage}')
        return metrics

    def _track(self, tracker: OnlineTracker) -> None:
        runner, stage = self.runner, self.stage
        for index, number in enumerate(self.dataloader.sampler):
            runner.call_hook(f'before_{stage}_iter', batch_idx=index, data_batch=None)
            try:
                sequence = self.dataloader.dataset[number]
                self.evaluator.process(data_samples=[run_sequence(tracker, sequence)], data_batch=[sequence])
            except (FrameError, AnnotationError) as error:
                self._leave_out(error)
            runner.call_hook(f'after_{stage}_iter', batch_idx=index, data_batch=None, outputs=None)

    def _leave_out(self, error: Any) -> None:
        if str(error) not in self.said:
            self.said.add(str(error))
            what = dict(val='validation', test='the test')[self.stage]
            self.runner.logger.warning(f'left out of {what}: {error}')


@LOOPS.register_module()
class TrackingTestLoop(TrackingLoop):
    """The same for ``Runner.test()``."""

    stage = 'test'
