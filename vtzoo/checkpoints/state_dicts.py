"""Finding the weights in what a checkpoint holds, and whether they are whole."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vtzoo.checkpoints.files import Inert
from vtzoo.checkpoints.stand_ins import NumpyArray

PLAIN = ('net', 'state_dict', 'model_state_dict', 'model', 'model_state', 'params', 'weights', 'student', 'network',
         'module')
AVERAGED = ('ema_state_dict', 'state_dict_ema', 'model_ema', 'model_ema_state_dict', 'ema', 'ema_model', 'params_ema',
            'module_ema', 'teacher')
"""Names under which people save weights, and running means of weights."""

PREFIXES = ('module.', '_orig_mod.', 'model.', 'ema_model.')
"""What DistributedDataParallel, torch.compile, Lightning and averaging put before every name."""

COUNTERS = ('steps', 'n_averaged')
"""Of averaging, beside the weights."""

ELEMENTS = 1 << 33
"""More numbers than any tracker's checkpoint holds."""


def weights_in(contents: Any, which: str | None = None) -> dict[str, Tensor]:
    """The state dict in a checkpoint's contents: itself, or under one of the names in use; arrays become tensors.

    Args:
        contents: what :func:`~vtzoo.checkpoints.files.read_checkpoint` gave, or a mapping from names to tensors.
        which: the name to take, where there are several sets of weights, such as 'ema'.

    Raises:
        ValueError: there is none, or it holds something else than weights; says what.
    """
    sets = dict(sets_in(contents))
    if not sets:
        raise ValueError(_nothing(contents))
    if which is not None and which not in sets:
        raise ValueError(f'the checkpoint holds no weights under {which!r}; it holds {", ".join(map(repr, sets))}.')
    taken = which or next(iter(sets))
    ours = taken == 'state_dict' and 'ema_state_dict' in sets  # mmengine keeps the mean under the usual name
    if which is None and len(sets) > 1 and not ours:
        warnings.warn(f'the checkpoint holds {len(sets)} sets of weights: {", ".join(map(repr, sets))}. '
                      f'{taken!r} was taken; `vtzoo convert --weights NAME` takes another.', stacklevel=2)
    return _without_prefixes(_tensors(sets[taken]))


def sets_in(contents: Any) -> Iterator[tuple[str, Mapping]]:
    """Every set of weights in a checkpoint's contents by its name, plain ones first; '' is the contents itself."""
    if not isinstance(contents, Mapping):
        return
    found = False
    for name in (*PLAIN, *AVERAGED):
        inside = contents.get(name)
        for _ in range(3):  # {'model': {'state_dict': {...}}}
            deeper = next((inside[key] for key in (*PLAIN, *AVERAGED) if isinstance(inside, Mapping)
                           and isinstance(inside.get(key), Mapping)), None)
            inside = inside if deeper is None else deeper
        if isinstance(inside, Mapping) and any(map(_is_array, inside.values())):
            found = True
            yield name, inside
    if not found and any(map(_is_array, contents.values())):
        yield '', contents


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray | np.generic | NumpyArray)


def _nothing(contents: Any) -> str:
    """Why there are no weights in it."""
    inside = [contents, *(contents.values() if isinstance(contents, Mapping) else ())]
    modules = [value for value in inside if isinstance(value, Inert) and '_modules' in value.__dict__]
    if modules:
        return (f'the checkpoint holds a whole pickled model ({type(modules[0]).__name__}), whose code is not run: '
                'load it where it was made and save its weights with torch.save(model.state_dict(), FILE).')
    if not isinstance(contents, Mapping):
        return f'a checkpoint is a mapping from names to tensors; this one is a {type(contents).__name__}.'
    return (f'the checkpoint holds no tensors under any name in use ({", ".join(PLAIN)}, or at the top); it holds '
            f'{", ".join(str(key)[:40] for key in list(contents)[:6]) or "nothing"}.')


def _tensors(weights: Mapping) -> dict[str, Tensor]:
    """Tensors that a model can take, by name."""
    state, total = {}, 0
    for key, value in weights.items():
        if not _is_array(value):
            continue  # versions and the like
        if not isinstance(key, str):
            raise ValueError(f'the checkpoint names a tensor {str(key)[:40]!r} ({type(key).__name__}): names of '
                             'weights are texts.')
        tensor = _tensor(key, value)
        total += tensor.numel()
        stored = tensor.untyped_storage().nbytes()
        if total > ELEMENTS or tensor.numel() * tensor.element_size() > max(stored, 1 << 26):
            raise ValueError(f'the checkpoint is refused: {key} claims the shape {tuple(tensor.shape)}, far beyond '
                             'what is stored.')
        state[key] = tensor
    return state


def _tensor(key: str, value: Any) -> Tensor:
    if isinstance(value, NumpyArray):
        value = value.array
    if not isinstance(value, Tensor):
        array = np.asarray(value)
        if array.dtype.kind not in 'biuf':
            raise ValueError(f'the checkpoint holds {key} as {array.dtype}, which is not numbers of a network.')
        return torch.from_numpy(np.array(array, array.dtype.newbyteorder('=')))
    kind = ('without numbers (meta)' if value.is_meta else 'sparse' if value.layout != torch.strided else
            'quantized' if value.is_quantized else 'complex' if value.is_complex() else None)
    if kind:
        raise ValueError(f'the checkpoint holds {key} as a tensor that is {kind}: save dense floating-point weights.')
    return value.detach()


def _without_prefixes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names as the model has them: what wrappers put before all of them, or torch.compile into them, is dropped."""
    state = {key.replace('._orig_mod.', '.'): value for key, value in state.items() if key not in COUNTERS}
    while prefix := next((p for p in PREFIXES if state and all(key.startswith(p) for key in state)), None):
        state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def check_whole(state: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not finite, or variances below 0.

    Raises:
        ValueError: names the first ones.
    """
    bad = [key for key, tensor in state.items() if tensor.is_floating_point()
           and (not tensor.float().isfinite().all() or (key.endswith('running_var') and (tensor < 0).any()))]
    if bad:
        more = f' and {len(bad) - 3} more' if len(bad) > 3 else ''
        raise ValueError('the checkpoint is damaged or its training diverged: numbers that are not finite, or '
                         f'variances below 0, in {", ".join(bad[:3])}{more}.')
