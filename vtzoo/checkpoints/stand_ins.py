"""Harmless stand-ins for what checkpoints are pickled with besides tensors: NumPy, paths, dates, attribute dicts.

They rebuild plain data from the pickled arguments; nothing of the original packages is imported or called.
"""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from typing import Any

import numpy as np


class NumpyDtype:
    """A NumPy type of plain numbers, booleans or texts."""

    def __init__(self, code: Any, *_: Any) -> None:
        code = code.decode() if isinstance(code, bytes) else code
        if not isinstance(code, str) or not re.fullmatch(r'[biufcSU]\d{1,4}', code):
            raise pickle.UnpicklingError(f'it holds NumPy data of type {str(code)[:20]!r}, which is not plain numbers')
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ('>', b'>'):
            self.dtype = self.dtype.newbyteorder('>')


class NumpyArray:
    """An array under construction; ``array`` is it."""

    array: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        flat = np.frombuffer(_bytes(data), dtype.dtype)
        self.array = flat.reshape(shape, order='F' if fortran else 'C')


def _bytes(data: Any) -> bytes:
    return data.encode('latin1') if isinstance(data, str) else bytes(data)


def numpy_array(*_: Any) -> NumpyArray:
    """In place of NumPy's ``_reconstruct``; its state follows."""
    return NumpyArray()


def numpy_scalar(dtype: NumpyDtype, data: Any = b'') -> Any:
    """A NumPy scalar from its bytes."""
    return np.frombuffer(_bytes(data), dtype.dtype, 1)[0]


def text_of(*parts: Any) -> str:
    """A path, a date or the like, as its parts."""
    return '/'.join(map(str, parts))


def empty_dict(*_: Any) -> OrderedDict:
    """A defaultdict without its factory; its items follow."""
    return OrderedDict()


def stand_in_for(name: str) -> Any | None:
    """What takes the place of a name in a pickle; None: nothing here."""
    module, _, last = name.rpartition('.')
    if re.fullmatch(r'numpy\.(_?core)\.multiarray', module):
        return dict(_reconstruct=numpy_array, scalar=numpy_scalar).get(last)
    if name in ('numpy.dtype', 'numpy.ndarray'):
        return dict(dtype=NumpyDtype, ndarray=NumpyArray)[last]
    if (module in ('pathlib', 'pathlib._local') and last.endswith('Path')) or name in (
            'datetime.datetime', 'datetime.date', 'datetime.timedelta', 'uuid.UUID', 'decimal.Decimal'):
        return text_of
    if name == 'collections.defaultdict':
        return empty_dict
    if not re.match(r'(builtins|os|posix|subprocess|sys|types|collections|typing)\.', name) and (
            last.endswith('Dict') or name in ('yacs.config.CfgNode', 'munch.Munch', 'addict.addict.Dict')):
        return OrderedDict  # easydict, mmengine's and mmcv's ConfigDict, addict, yacs, munch
    return None
