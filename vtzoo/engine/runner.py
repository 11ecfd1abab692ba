"""mmengine's Runner with a screen for people, and its distributed wrapper for any device."""

from __future__ import annotations

import logging
from typing import Any

import torch
from mmengine.logging import MMLogger
from mmengine.model import MMDistributedDataParallel
from mmengine.model.wrappers import MMFullyShardedDataParallel
from mmengine.runner import FlexibleRunner, Runner
from torch import nn

from vtzoo.engine.weights import InitialWeights
from vtzoo.registry import MODEL_WRAPPERS, RUNNERS

NOISE = ('"FileClient" will be deprecated', '"HardDiskBackend" is the alias', 'Distributed training is not used',
         'Checkpoints will be saved to', 'paramwise_options -- ', 'is skipped since its requires_grad=False')
"""mmengine's remarks on itself, which say nothing about the run."""


def worth_showing(record: logging.LogRecord) -> bool:
    """Whether a log record goes to the screen: no tables of hooks and environment, no remarks of mmengine's."""
    text = record.getMessage()
    listing = text.count('\n') > 12
    return not listing and not any(noise in text for noise in NOISE)


class Quiet:
    """A Runner whose terminal shows the banner, the steps, validation and warnings; the log file keeps everything.

    The folder's ``config.py`` is written by the hook ``RunFolder``, once the run has begun.
    """

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """mmengine's logger, its screen filtered."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(worth_showing)
        return logger

    def dump_config(self) -> None:
        """Nothing: a run that is refused writes nothing."""


@RUNNERS.register_module()
class QuietRunner(Quiet, Runner):
    """mmengine's Runner, quiet."""


@RUNNERS.register_module()
class QuietFlexibleRunner(Quiet, FlexibleRunner):
    """mmengine's FlexibleRunner, quiet; the model gets its first weights before a strategy shards it."""

    def train(self) -> nn.Module:
        """Train."""
        if not self._resume and self._load_from is None and isinstance(self.model, dict):
            self._train_loop = self.build_train_loop(self._train_loop)
            self.model = self.strategy.build_model(self.model)
            for hook in self.hooks:
                if isinstance(hook, InitialWeights):
                    hook.fill(self, self.model)
        return super().train()


@MODEL_WRAPPERS.register_module()
class AnyDeviceFSDP(MMFullyShardedDataParallel):
    """mmengine's wrapper for models that outgrow a GPU, on CPUs too.

    The model is wrapped as one: a fusion calls the parts of a backbone's blocks, not their ``forward``, in which
    wrapped blocks would gather their parameters.

    Args:
        module: the tracker.
        device_id: of a GPU; not used on a CPU.
        options: see mmengine's wrapper.
    """

    def __init__(self, module: nn.Module, device_id: int | None = None, **options: Any) -> None:
        super().__init__(module, device_id=device_id if torch.cuda.is_available() else torch.device('cpu'), **options)


@MODEL_WRAPPERS.register_module()
class AnyDeviceDDP(MMDistributedDataParallel):
    """mmengine's wrapper, on CPUs too.

    Args:
        module: the tracker.
        device_ids: of a GPU; not used on a CPU.
        broadcast_buffers: whether BatchNorm's statistics follow the first process, as released.
        options: see torch's DistributedDataParallel.
    """

    def __init__(self, module: nn.Module, device_ids: list[int] | None = None, broadcast_buffers: bool = True,
                 **options: Any) -> None:
        on_gpu = next(module.parameters()).is_cuda
        super().__init__(module, device_ids=device_ids if on_gpu and torch.cuda.is_available() else None,
                         broadcast_buffers=broadcast_buffers, **options)
