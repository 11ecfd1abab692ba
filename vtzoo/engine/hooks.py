"""What mmengine lacks between steps: random state that a resume finds again, a schedule of its own, and pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch.distributed.fsdp import FullyShardedDataParallel

from vtzoo.introspection.sample_sheets import predicted_sheet
from vtzoo.registry import HOOKS


@HOOKS.register_module()
class StepSeed(Hook):
    """Every step draws its dropout from the seed, the step and the process alone, so nothing needs saving."""

    priority = 'VERY_HIGH'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed torch for this step."""
        words = np.random.SeedSequence([runner.seed, runner.iter, get_rank()]).generate_state(2, np.uint32)
        torch.manual_seed(int(words[0]) << 32 | int(words[1]))


@HOOKS.register_module()
class EliminationSchedule(Hook):
    """Candidate elimination follows its schedule in training, epoch by epoch, and keeps its own shares in validation.
    Nothing to do for trackers without elimination."""

    def before_train_epoch(self, runner: Runner) -> None:
        """Tell the fusion which epoch begins."""
        self._start(runner, runner.epoch + 1)

    def before_val_epoch(self, runner: Runner) -> None:
        """Validation tracks as testing does."""
        self._start(runner, None)

    def after_train(self, runner: Runner) -> None:
        """Whoever goes on with this model tracks."""
        self._start(runner, None)

    @staticmethod
    def _start(runner: Runner, epoch: int | None) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        elimination = getattr(getattr(model, 'fusion', None), 'elimination', None)
        if elimination is not None:
            elimination.start(epoch)


@HOOKS.register_module()
class Pictures(Hook):
    """Samples of the batch for TensorBoard: templates, search crop, true box (white) and predicted (green).

    Args:
        interval: steps between pictures.
        samples: of a batch, one below another.
    """

    priority = 'LOW'

    def __init__(self, interval: int = 500, samples: int = 4) -> None:
        self.interval, self.samples = interval, samples

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Draw, now and then."""
        sharded = isinstance(runner.model, FullyShardedDataParallel)  # no process holds it whole
        if is_main_process() and not sharded and self.every_n_train_iters(runner, self.interval):
            model = runner.model.module if is_model_wrapper(runner.model) else runner.model
            few = {name: value[:self.samples] for name, value in data_batch.items()}
            runner.visualizer.add_image('samples', predicted_sheet(model, few), step=runner.iter + 1)
