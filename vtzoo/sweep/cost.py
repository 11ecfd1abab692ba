"""What a trial will cost: parameters, multiply-accumulates, and time a step on this machine."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch
from mmengine.config import Config

from vtzoo.api import build_model
from vtzoo.models.cost import count_macs, count_parameters
from vtzoo.structures import Target

BATCH, REPEATS = 2, 3


class Cost(NamedTuple):
    """parameters; macs: of a search crop; seconds: of a training step, without loading of data."""

    parameters: int
    macs: int
    seconds: float


def cost_of(cfg: Config) -> Cost:
    """Count and time one config."""
    with torch.device('meta'):
        model = build_model(cfg)
    return Cost(count_parameters(model), count_macs(model).track, seconds_a_step(cfg))


def seconds_a_step(cfg: Config) -> float:
    """Forward and backward pass of a batch of 2, the median of three, times the config's batch over 2."""
    torch.manual_seed(0)
    model = build_model(cfg).train()
    z = torch.randn(BATCH, templates_of(cfg), 3, model.crop.template_size, model.crop.template_size)
    x = torch.randn(BATCH, 3, model.crop.search_size, model.crop.search_size)
    target = Target(torch.full((BATCH, 4), 0.5), torch.ones(BATCH, dtype=torch.bool))
    taken = []
    for _ in range(1 + REPEATS):
        begun = time.perf_counter()
        losses = model.loss(z, x, target)
        sum(value for name, value in losses.items() if name.startswith('loss')).backward()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:])) * cfg.train_dataloader.batch_size / BATCH


def templates_of(cfg: Config) -> int:
    """How many templates a training sample has."""
    return cfg.train_dataloader.dataset.get('frames', {}).get('templates', 1)
