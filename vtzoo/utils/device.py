"""Where a network runs: a name the user wrote, checked before anything is begun; and the cores it may use."""

from __future__ import annotations

import os

import torch


def find_device(name: str | torch.device) -> torch.device:
    """'cpu', 'cuda', 'cuda:1', ... -> a device that is there.

    Raises:
        ValueError: torch knows no such device, or this machine has none.
    """
    try:
        device = torch.device(name)
        if device.type != 'cuda':
            torch.empty(1, device=device).cpu()  # kinds that this torch was built without say so only now
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        raise ValueError(f'there is no device {str(name)!r} here: write cpu, cuda or cuda:N.') from error
    if device.type == 'cuda' and not torch.cuda.is_available():
        raise ValueError('there is no GPU that torch can use: leave out --device cuda.')
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f'there is no {device}: torch finds {torch.cuda.device_count()} GPU(s), counted from cuda:0.')
    return device


def own_cores() -> int:
    """How many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
