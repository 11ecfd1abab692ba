"""What a tracker costs, whatever the machine: parameters and multiply-accumulates."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vtzoo.models.tracker import Tracker


class MACs(NamedTuple):
    """Multiply-accumulates to memorize the templates and to find the target in one frame."""

    memorize: int
    track: int


def count_parameters(model: nn.Module) -> int:
    """Numbers that are learnt; BatchNorm's statistics are none."""
    return sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()  # the counter's hooks do not work in inference mode
def count_macs(model: Tracker, templates: int = 1) -> MACs:
    """Half of what torch's own flop counter says, for matrix products, convolutions and attention.

    The forward pass is run once, on the device the model is on; its mode is put back.

    Args:
        model: a tracker model.
        templates: how many it memorizes.
    """
    training, parameter = model.training, next(model.parameters())
    learnt = [one for one in model.parameters() if one.requires_grad]
    model.eval().requires_grad_(False)  # the counter's hooks trip over a query token that could have a gradient
    z = parameter.new_zeros(1, templates, 3, model.crop.template_size, model.crop.template_size)
    x = parameter.new_zeros(1, 3, model.crop.search_size, model.crop.search_size)
    with FlopCounterMode(display=False) as memorizing:
        memory = model.memorize(z)
    with FlopCounterMode(display=False) as tracking:
        model.track(x, memory)
    model.train(training)
    for one in learnt:
        one.requires_grad_(True)
    return MACs(memorizing.get_total_flops() // 2, tracking.get_total_flops() // 2)
