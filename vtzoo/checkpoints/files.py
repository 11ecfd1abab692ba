"""Checkpoints are data: reading foreign files without importing or running anything of theirs."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vtzoo.utils.atomic import write_atomically


class Inert:
    """Stands in for a class that a file was pickled with: keeps its attributes, does nothing.

    Objects are only remade from their attributes. Calling the class means that the file wants a
    function run, and is refused.
    """

    def __new__(cls, *_: Any) -> Inert:
        return object.__new__(cls)

    def __init__(self, *_: Any) -> None:
        raise pickle.UnpicklingError('it asks for a function to be called')


class UnsafeCheckpointError(ValueError):
    """A file that holds more than data."""


def read_checkpoint(path: str | Path, foreign_objects: bool = True) -> Any:
    """The contents of a torch file: tensors and plain containers; objects of unknown classes are inert.

    Args:
        path: of the file.
        foreign_objects: False: a file with such objects is refused, as none that vtzoo wrote.

    Raises:
        UnsafeCheckpointError: it tries to run code.
        ValueError: the file is missing, torn, or no torch file; says which.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f'there is no checkpoint {path}.')
    try:
        foreign = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (ValueError, RuntimeError, OSError, pickle.UnpicklingError, EOFError):
        foreign = []  # torch's old format, or torn: reading it decides
    try:
        with torch.serialization.safe_globals([(Inert, name) for name in foreign if foreign_objects]):
            return torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        # torch's message ends in advice to trust the file; its first sentence is what happened.
        reason = str(error).split('\n')[-1].split('. ')[0] if foreign else 'it is no checkpoint or is damaged'
        if foreign:
            raise UnsafeCheckpointError(
                f'{path} is refused: it holds more than data ({", ".join(foreign)}), {reason}.') from error
        raise ValueError(f'{path} is refused: {reason} ({str(error).splitlines()[0][:120]}).') from error
    except (RuntimeError, EOFError, OSError, KeyError, AssertionError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} cannot be read as a checkpoint: it is no torch file, or is cut short.') from error


def weights_in(contents: Any) -> dict[str, Tensor]:
    """The state dict in a checkpoint's contents: itself, or under one of the names in use; arrays become tensors.

    Raises:
        ValueError: there is none.
    """
    for name in ('net', 'state_dict', 'model_state_dict', 'model'):
        if isinstance(contents, Mapping) and isinstance(contents.get(name), Mapping):
            contents = contents[name]
            break
    if not isinstance(contents, Mapping):
        raise ValueError('a checkpoint is a mapping from names to tensors; this one is a '
                         f'{type(contents).__name__}.')
    state = {key.removeprefix('module.'): torch.as_tensor(value)
             for key, value in contents.items() if hasattr(value, 'shape')}
    if not state:
        raise ValueError('the checkpoint holds no tensors under any name in use '
                         '(net, state_dict, model_state_dict, model, or at the top).')
    return state


def save_checkpoint(contents: Mapping[str, Any], path: str | Path) -> None:
    """Write tensors and plain containers, whole or not at all."""
    write_atomically(path, lambda file: torch.save(contents, file))


def sha256(path: str | Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
