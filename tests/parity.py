"""Comparing with recorded values: every comparison leaves a row for the table in the README."""

import numpy as np
import torch

ROWS = {}  # quantity -> (largest difference seen, bound, unit)


def released(golden):
    """The state dict recorded under ``sd/``, in released naming."""
    return {key[3:]: golden[key] for key in golden.files if key.startswith('sd/')}


def close(quantity, ours, recorded, bound, unit='', floor=0.0):
    """Assert that the largest difference is within ``bound``; relative to the largest entry if unit is 'rel'."""
    ours, recorded = (np.asarray(v.detach() if torch.is_tensor(v) else v, np.float64) for v in (ours, recorded))
    assert ours.shape == recorded.shape, (quantity, ours.shape, recorded.shape)
    difference = np.abs(ours - recorded).max() if ours.size else 0.0
    if unit == 'rel':
        difference /= max(np.abs(recorded).max(), floor / bound)
    seen = ROWS.get(quantity, (0.0,))[0]
    ROWS[quantity] = (max(seen, difference), bound, unit)
    assert difference <= bound, f'{quantity}: {difference:.2e} is above {bound:.0e}'


def markdown():
    """The table."""
    unit = {'': '', 'rel': ' of the largest entry', 'px': ' px'}
    rows = [f'| {name} | {seen:.1e}{unit[u]} | {bound:.0e}{unit[u]} |' for name, (seen, bound, u) in ROWS.items()]
    return '\n'.join(['| recorded quantity | largest difference | bound |', '|-|-|-|', *rows])
