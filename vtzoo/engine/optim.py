"""What mmengine's optimisation lacks: gradients that must be finite, bfloat16 on any device, groups as released."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.logging import MMLogger
from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel

from vtzoo.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS, checked
from vtzoo.utils.require import require


@OPTIM_WRAPPERS.register_module()
class FiniteOptimWrapper(OptimWrapper):
    """Updates from finite gradients only; a gradient that is not a number would spoil every weight at once.

    Args:
        optimizer, accumulative_counts: as in mmengine.
        clip_grad: as in mmengine; None: the norm of the gradient is logged, not clipped.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, accumulative_counts: int = 1,
                 clip_grad: dict[str, Any] | None = None) -> None:
        require(isinstance(accumulative_counts, int) and accumulative_counts > 0,
                'optim_wrapper.accumulative_counts is a number of steps, 1 or more, not '
                f'{accumulative_counts!r}.')
        super().__init__(optimizer, accumulative_counts, dict(clip_grad or dict(max_norm=math.inf)))
        self._sharded = False

    @torch.compiler.disable
    def update_params(self, *args: Any, **kwargs: Any) -> None:
        """As mmengine's; ``compile=True`` in a config compiles the forward pass and its gradient, not this."""
        super().update_params(*args, **kwargs)

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """What mmengine wraps a forward pass in."""
        self._sharded = isinstance(model, FullyShardedDataParallel)
        with super().optim_context(model):
            yield

    def _clip_grad(self) -> None:
        if self._sharded and self.clip_func is torch.nn.utils.clip_grad_norm_:
            self._clip_shards(**self.clip_grad_kwargs)
            return
        by_norm = self.clip_func is torch.nn.utils.clip_grad_norm_
        norm = None if by_norm else self._norm()  # clipping by value would hide what is not finite
        super()._clip_grad()
        norm = self.message_hub.get_scalar(f'train/{self.grad_name}').current() if by_norm else norm
        if not math.isfinite(norm):
            raise FloatingPointError(f'the norm of the gradient is {norm}')

    def _clip_shards(self, max_norm: float) -> None:
        """As clip_grad_norm_, where every process holds a part of each gradient (torch's would clip by the part)."""
        squared = torch.as_tensor(self._norm(), device=self._gradients()[0].device) ** 2
        all_reduce(squared)
        norm = math.sqrt(float(squared))
        self.message_hub.update_scalar(f'train/{self.grad_name}', norm)
        if not math.isfinite(norm):
            raise FloatingPointError(f'the norm of the gradient is {norm}')
        torch._foreach_mul_(self._gradients(), min(1.0, max_norm / (norm + 1e-6)))

    def _gradients(self) -> list[torch.Tensor]:
        return [p.grad for group in self.optimizer.param_groups for p in group['params'] if p.grad is not None]

    def _norm(self) -> float:
        norms = [torch.linalg.vector_norm(gradient) for gradient in self._gradients()]
        return float(torch.linalg.vector_norm(torch.stack(norms))) if norms else 0.0


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(FiniteOptimWrapper):
    """Forward passes under bfloat16 autocast, on CPU as on GPU; needs no loss scaling."""

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """What mmengine wraps a forward pass in."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class GroupedConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor, whose parameters of equal settings share a group.

    ``paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1)))`` gives the two groups of the released code:
    all else first, then the backbone; frozen parameters are in none (MixFormer, lib/train/base_functions.py;
    SparseTT, lr_multiplier).
    """

    def __call__(self, model: nn.Module) -> OptimWrapper:
        checked(OPTIMIZERS, self.optimizer_cfg, params=None)
        checked(OPTIM_WRAPPERS, dict(type='OptimWrapper') | dict(self.optim_wrapper_cfg), optimizer=None)
        self.paramwise_cfg = self.paramwise_cfg or dict(custom_keys={})  # with none, mmengine takes frozen ones too
        logger = MMLogger.get_current_instance()
        level = logger.level
        logger.setLevel(logging.ERROR)  # mmengine logs three lines a parameter
        try:
            return super().__call__(model)
        finally:
            logger.setLevel(level)

    def add_params(self, params: list[dict], module: nn.Module, prefix: str = '', **kwargs: Any) -> None:
        """As mmengine's; the outermost call then joins groups."""
        super().add_params(params, module, prefix=prefix, **kwargs)
        if not prefix:
            params[:] = joined(params)


def joined(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups of one setting as one group each, that without settings of its own first."""
    by_setting: dict[tuple, dict[str, Any]] = {(): dict(params=[])}
    seen: set[int] = set()  # parameters that two modules share come twice
    for group in groups:
        setting = {name: value for name, value in group.items() if name != 'params'}
        key = tuple(sorted((name, repr(value)) for name, value in setting.items()))
        own = by_setting.setdefault(key, dict(params=[]) | setting)
        own['params'] += [p for p in group['params'] if id(p) not in seen]
        seen.update(map(id, group['params']))
    return [group for group in by_setting.values() if group['params']]


def parameter_groups(model: nn.Module, lr: float, backbone_lr: float) -> list[dict[str, Any]]:
    """The groups of the released recipes: all else at ``lr``, the backbone at ``backbone_lr`` times that."""
    cfg = dict(type='FiniteOptimWrapper', constructor='GroupedConstructor', optimizer=dict(type='AdamW', lr=lr),
               paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=backbone_lr))))
    groups = optim_wrapper_of(model, cfg).optimizer.param_groups
    return [dict(params=group['params'], lr=group['lr']) for group in groups]


def optim_wrapper_of(model: nn.Module, cfg: dict[str, Any]) -> OptimWrapper:
    """The ``optim_wrapper`` of a config over a model, built as mmengine's Runner builds it."""
    with DefaultScope.overwrite_default_scope('vtzoo'):
        return build_optim_wrapper(model, copy.deepcopy(cfg))
