"""mmengine's epochs, where a resumed run enters them where it left, and failures are told by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch.utils.data import DataLoader

from vtzoo.registry import DATA, DATA_SAMPLERS, LOOPS, checked
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require, require_known

OWN_KEYS = ('dataset', 'sampler', 'batch_sampler', 'collate_fn', 'worker_init_fn', 'num_batch_per_epoch')
"""What mmengine builds of a data loader's config; the rest goes to torch's DataLoader."""


@LOOPS.register_module()
class TrainLoop(EpochBasedTrainLoop):
    """Epochs that a resumed run enters where it left them.

    Tells the training samples what a config says elsewhere: the crop convention (of the model) and the seed (of
    the run).

    Args:
        runner: the run.
        dataloader: its config, or a loader.
        max_epochs: how many.
        max_iters: stop after this many iterations in all; None: after max_epochs.
        options: see mmengine's loop.
    """

    def __init__(self, runner: Runner, dataloader: DataLoader | dict, max_epochs: int, max_iters: int | None = None,
                 **options: Any) -> None:
        if isinstance(dataloader, dict):
            dataloader = runner.build_dataloader(self._completed(runner, dataloader), seed=runner.seed)
        length = len(dataloader)
        super().__init__(runner, dataloader, -(-max_iters // length) if max_iters else max_epochs, **options)
        self._max_iters = max_iters or self._max_iters

    @staticmethod
    def _completed(runner: Runner, cfg: dict[str, Any]) -> dict[str, Any]:
        known = {*inspect.signature(DataLoader).parameters, *OWN_KEYS}
        require_known('train_dataloader', cfg, known)
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        crop = model.get('crop') if isinstance(model, dict) else getattr(model, 'crop', None)  # FlexibleRunner: a dict
        sampler, dataset = dict(cfg['sampler']), dict(cfg['dataset'])
        if dataset['type'] == 'TrainingSamples':
            dataset = dict(crop=crop, seed=runner.seed) | dataset
        if sampler['type'] == 'EpochSampler':
            sampler = dict(batch_size=cfg.get('batch_size', 1)) | sampler
        checked(DATA, dataset)
        checked(DATA_SAMPLERS, sampler, dataset=None, seed=None)
        workers = cfg.get('num_workers', 0)
        return dict(drop_last=True, persistent_workers=workers > 0, pin_memory=torch.cuda.is_available()) | dict(
            cfg, dataset=dataset, sampler=sampler)

    def run(self) -> torch.nn.Module:
        """Train; a run resumed at the end of an epoch ends that epoch first, with its validation."""
        self._epoch = max(self._iter - 1, 0) // len(self.dataloader)
        if hasattr(self.dataloader.dataset, 'seed'):
            self.dataloader.dataset.seed = self.runner.seed  # that of the checkpoint, where a run is resumed
        return super().run()

    def run_epoch(self) -> None:
        """What is left of an epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        skip = self._iter - self._epoch * len(self.dataloader)
        require(skip == 0 or hasattr(self.dataloader.sampler, 'begin'),
                'a run is resumed inside an epoch with the sampler it was begun with: write '
                "train_dataloader.sampler=dict(type='EpochSampler').")
        if hasattr(self.dataloader.sampler, 'begin'):
            self.dataloader.sampler.begin(self._epoch, skip)
        batches = iter(self.dataloader) if skip < len(self.dataloader) else iter(())
        for index in range(skip, len(self.dataloader)):
            if self._iter >= self._max_iters or self.stop_training:
                break
            self.run_iter(index, self._next(batches))
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: dict) -> None:
        """One step; a loss that is not a number stops the run before it moves a weight."""
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
            message = str(error).strip()
            if 'exited unexpectedly' in message or 'killed by signal' in message:
                in_work = getattr(self.dataloader.dataset, 'in_work', list)()
                raise RunError(f'a data worker died at step {self._iter + 1} ({message.splitlines()[0]}); in work were '
                               f'{"; ".join(in_work) or "no samples"}.') from error
            if type(error) is RuntimeError and 'RunError' in message:
                raise RunError(message.rsplit('RunError: ', 1)[-1]) from error
            raise
