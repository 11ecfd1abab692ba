"""What a run starts from: a checkpoint, the first stage, pretrained weights, or nothing."""

from __future__ import annotations

from pathlib import Path

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from vtzoo.checkpoints.convert import load_weights
from vtzoo.checkpoints.pretrained import load_pretrained
from vtzoo.checkpoints.sources import stage_one
from vtzoo.models.tracker import Tracker
from vtzoo.registry import HOOKS


@HOOKS.register_module()
class InitialWeights(Hook):
    """Fills the model before its first step, unless mmengine loaded a checkpoint (``load_from``, ``resume``).

    A second stage starts from the first (``stage1`` of the config: a checkpoint, or the folder of a run), others from
    the pretrained weights that their backbone names. On the embedded set, which serves
    for trying things out, weights that are not there are replaced by random ones; the log says so.

    Args:
        from_scratch: True: random weights are wanted.
        start: the file of a whole tracker's weights to go on from, for fine-tuning; its config may be another one.

    Raises:
        FileNotFoundError: weights are not there; says what was tried and what to do.
        ValueError: they do not fit.
    """

    priority = 'HIGHEST'  # before the hook that records what the run starts from

    def __init__(self, from_scratch: bool = False, start: str | None = None) -> None:
        self.from_scratch, self.start = from_scratch, start
        self.source, self.file = 'random (from scratch)', None
        self.loaded = False

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """What mmengine loads stays."""
        resumed = getattr(runner, '_resume', False)
        self.source = 'the checkpoint resumed from' if resumed else f'load_from={getattr(runner, "_load_from", None)}'
        self.loaded = True

    def before_train(self, runner: Runner) -> None:
        """Load what the config names."""
        if not self.loaded and not runner.iter:
            self.fill(runner, runner.model.module if is_model_wrapper(runner.model) else runner.model)

    def fill(self, runner: Runner, model: Tracker) -> None:
        """Fill a model that is not sharded; once."""
        embedded = getattr(runner.train_dataloader.dataset, 'embedded', False)
        self.source, self.file = first_weights(model, runner.cfg.get('stage1'), self.from_scratch, embedded, self.start)
        self.loaded = True


def first_weights(model: Tracker, stage1: str | None, from_scratch: bool, embedded: bool,
                  start: str | None = None) -> tuple[str, Path | None]:
    """Fill a model before its first step -> from what, in words, and the file if it is one."""
    if start is not None:
        load_weights(model, start, start)
        return f'fine-tuned from {start}', Path(start)
    second = stage1 is not None or getattr(model, 'confidence', None) is not None
    backbone = getattr(model, 'backbone', None)
    source = stage1 if second else getattr(backbone, 'pretrained', None)
    if from_scratch or source is None:
        return 'random (from scratch)', None
    try:
        if second:
            file = stage_one(source, model)
            return f'stage 1 from {file}', file
        file = load_pretrained(backbone)
    except FileNotFoundError as error:
        if not embedded or (second and Path(source).suffix):  # a file by name is meant, a run's folder is a default
            raise
        return f'random: {str(error).split("; tried")[0]}', None
    return f'backbone from {file or source}', file
