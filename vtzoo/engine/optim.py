"""The optimiser: two parameter groups as released, and bfloat16 that works on any device."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import nn

from vtzoo.models.tracker import Tracker
from vtzoo.utils.require import require


class FiniteOptimWrapper(OptimWrapper):
    """Updates from finite gradients only; a gradient that is no number would spoil every weight at once."""

    def _clip_grad(self) -> None:
        super()._clip_grad()
        norm = self.message_hub.get_scalar(f'train/{self.grad_name}').current()
        if not math.isfinite(norm):
            raise FloatingPointError(f'the norm of the gradient is {norm}')


class BFloat16OptimWrapper(FiniteOptimWrapper):
    """Forward passes under bfloat16 autocast, on CPU as on GPU; needs no loss scaling."""

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """What mmengine wraps a forward pass in."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield


WRAPPERS = {None: FiniteOptimWrapper, 'bfloat16': BFloat16OptimWrapper, 'float16': AmpOptimWrapper}


def parameter_groups(model: Tracker, lr: float, backbone_lr: float) -> list[dict[str, Any]]:
    """What trains, in two groups: all else, and the backbone at ``backbone_lr`` times the rate.

    Frozen parameters are in none (MixFormer, lib/train/base_functions.py; SparseTT, lr_multiplier).
    """
    trains = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    backbone = [parameter for name, parameter in trains if name.startswith('backbone.')]
    rest = [parameter for name, parameter in trains if not name.startswith('backbone.')]
    groups = [dict(params=rest, lr=lr), dict(params=backbone, lr=lr * backbone_lr)]
    return [group for group in groups if group['params']]


def build_optim_wrapper(model: Tracker, lr: float, weight_decay: float, backbone_lr: float = 0.1,
                        clip_norm: float | None = None, accumulate: int = 1,
                        amp: str | None = None) -> OptimWrapper:
    """AdamW over the two groups.

    Args:
        model: its trainable parameters.
        lr, weight_decay: of AdamW.
        backbone_lr: the backbone's rate over lr.
        clip_norm: largest gradient norm; None: it is logged, not clipped.
        accumulate: steps whose gradients make one update.
        amp: 'bfloat16' (any device), 'float16' (GPU, with loss scaling) or None.
    """
    require(isinstance(accumulate, int) and accumulate > 0,
            f'optimizer.accumulate is a number of steps, 1 or more, not {accumulate!r}.')
    require(amp in WRAPPERS, f"amp is 'bfloat16', 'float16' or None, not {amp!r}.")
    require(amp != 'float16' or torch.cuda.is_available(),
           "amp='float16' needs a GPU: write amp='bfloat16', which runs on a CPU too.")
    optimizer = torch.optim.AdamW(parameter_groups(model, lr, backbone_lr), lr=lr, weight_decay=weight_decay)
    kind = dict(dtype='float16') if amp == 'float16' else {}
    return WRAPPERS[amp](optimizer, clip_grad=dict(max_norm=clip_norm or float('inf')),
                         accumulative_counts=accumulate, **kind)
