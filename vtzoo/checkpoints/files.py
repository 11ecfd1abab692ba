"""Checkpoints are data: reading foreign files without importing or running anything of theirs."""

from __future__ import annotations

import json
import pickle
import pickletools
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from vtzoo.checkpoints.formats import PICKLE_LIMIT, find_format
from vtzoo.checkpoints.stand_ins import stand_in_for
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.digest import sha256 as sha256  # its old place


class Inert:
    """Stands in for a class that a file was pickled with: keeps its attributes, does nothing.

    Objects are only remade from their attributes. Calling the class means that the file wants a
    function run, and is refused.
    """

    def __new__(cls, *_: Any) -> Inert:
        return object.__new__(cls)

    def __init__(self, *_: Any) -> None:
        raise pickle.UnpicklingError('it asks for a function to be called')

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            state = {**(state[0] or {}), **state[1]}
        self.__dict__.update({key: value for key, value in state.items() if isinstance(key, str)}
                             if isinstance(state, dict) else dict(state=state))


class UnsafeCheckpointError(ValueError):
    """A file that holds more than data."""


def read_checkpoint(path: str | Path, foreign_objects: bool = True) -> Any:
    """The contents of a torch or safetensors file: tensors and plain containers; other objects are inert.

    Args:
        path: of the file.
        foreign_objects: False: a file with objects of other packages is refused, as none that vtzoo wrote.

    Returns:
        what was saved; of a safetensors file ``dict(state_dict=tensors, meta=its metadata)``.

    Raises:
        UnsafeCheckpointError: it tries to run code.
        ValueError: the file is missing, damaged or of another kind; says which.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f'there is no checkpoint {path}.')
    try:
        form = find_format(path)
    except OSError as error:
        raise ValueError(f'{path} cannot be read: {error.strerror}.') from error
    if form == 'safetensors':
        return _read_safetensors(path)
    foreign = _foreign_names(path, form)
    if foreign and not foreign_objects:
        raise UnsafeCheckpointError(f'{path} is refused: it holds more than data ({_few(foreign)}).')
    known = [(stand_in_for(name) or type(name.rpartition('.')[2], (Inert,), {}), name) for name in foreign]
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(known):
            warnings.simplefilter('ignore')  # about old formats
            return torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        if any(name.startswith('torch.nn.modules.') for name in foreign):
            raise UnsafeCheckpointError(f'{path} is refused: it holds more than data, a whole pickled model: load it '
                                        'where it was made and save its weights with torch.save(model.state_dict(), '
                                        'FILE).') from error
        if foreign:
            # torch's message goes on with advice to trust the file; what happened stands before that.
            said = str(error).partition('WeightsUnpickler error: ')[2].strip()
            reason = said.split('\n')[0].split('. ')[0].strip('.')
            raise UnsafeCheckpointError(f'{path} is refused: it holds more than data ({_few(foreign)}), '
                                        f'{reason[:120] or "and cannot be read without them"}.') from error
        raise ValueError(f'{path} is refused: it is not a checkpoint or is damaged '
                         f'({str(error).splitlines()[0][:120]}).') from error
    except Exception as error:  # whatever a hostile file makes torch raise, the file is to blame
        raise ValueError(f'{path} cannot be read as a checkpoint: it is not a torch file, is cut short or is '
                         f'damaged ({type(error).__name__}).') from error


def _few(names: Iterable[str]) -> str:
    names = sorted(names)
    return ', '.join(names[:5]) + (f' and {len(names) - 5} more' if len(names) > 5 else '')


def _read_safetensors(path: Path) -> dict[str, Any]:
    try:
        with safetensors.safe_open(path, framework='pt') as file:
            meta = file.metadata() or {}
            return dict(state_dict={key: file.get_tensor(key) for key in file.keys()}, meta=meta)  # noqa: SIM118
    except Exception as error:  # its own error class, or whatever lies in a header cause
        raise ValueError(f'{path} cannot be read as a checkpoint: it is not a safetensors file or is damaged '
                         f'({str(error)[:120]}).') from error


def _foreign_names(path: Path, form: str) -> list[str]:
    """The classes and functions of other packages that a file names."""
    try:
        if form == 'zip':
            return torch.serialization.get_unsafe_globals_in_checkpoint(path)
        with open(path, 'rb') as file:
            names = {name for _ in range(4) for name in _globals(file)}  # magic, protocol, system, contents
        return sorted(name for name in names if name not in _PLAIN_NAMES
                      and (not name.startswith('torch.') or name.startswith('torch.nn.modules.')))
    except Exception:  # torn or hostile: reading it decides
        return []


def _globals(file: Any) -> Iterable[str]:
    """The names in the next pickle of an open file."""
    for opcode, value, place in pickletools.genops(file):
        if place is not None and place > PICKLE_LIMIT:
            raise pickle.UnpicklingError('its pickle is too long')
        if opcode.name == 'GLOBAL':
            module, _, name = value.partition(' ')
            yield '.'.join((*_PYTHON_2.get((module, name), (_MODULES_2.get(module, module), name)),))


_PLAIN_NAMES = ('collections.OrderedDict', 'collections.Counter', '_codecs.encode', 'builtins.bytearray',
                'builtins.set', 'builtins.complex')
"""What torch itself reads as data."""

_PYTHON_2 = {('copy_reg', '_reconstructor'): ('copyreg', '_reconstructor'), ('__builtin__', 'set'): ('builtins', 'set')}
_MODULES_2 = {'__builtin__': 'builtins', 'copy_reg': 'copyreg'}


def save_checkpoint(contents: Mapping[str, Any], path: str | Path) -> None:
    """Write tensors and plain containers, whole or not at all.

    A name that ends in .safetensors takes the form ``dict(state_dict=..., meta=...)``; its metadata is text.
    """
    if Path(path).suffix == '.safetensors':
        tensors = {key: value.contiguous().clone() for key, value in contents['state_dict'].items()}
        meta = {key: value if isinstance(value, str) else json.dumps(value)
                for key, value in contents.get('meta', {}).items()}
        write_atomically(path, safetensors.torch.save(tensors, dict(format='pt') | meta))
    else:
        write_atomically(path, lambda file: torch.save(contents, file))
