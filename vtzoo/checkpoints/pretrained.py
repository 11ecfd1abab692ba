"""Pretrained weights for a backbone: a file, a name in the table of addresses, the hub, or timm's own loader."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from torch import Tensor, nn

from vtzoo.checkpoints import cache
from vtzoo.checkpoints.convert import backbone_weights
from vtzoo.checkpoints.download import UnavailableError, fetch_hub
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.shipped import shipped_configs, shipped_file
from vtzoo.checkpoints.state_dicts import weights_in

FOLDER = 'VTZOO_WEIGHTS'
"""Environment variable: the folder where weight files lie; the folder ``weights`` is looked into anyway."""


def load_pretrained(backbone: nn.Module, source: str | None = None) -> Path | None:
    """Fill a backbone from ``timm:NAME``, ``shipped:CONFIG``, ``hf-hub:OWNER/NAME``, an address or a file -> the file,
    if it was one.
    None: from what its config names as ``pretrained``; nothing where it names nothing.

    A file that is not here is downloaded if the table of addresses (``vtzoo weights list``) knows its name.

    Raises:
        FileNotFoundError: it cannot be had; says what was tried and what to do instead.
        ValueError: it is of another backbone; lists the keys.
    """
    source = source or backbone.pretrained
    if source is None:
        return None
    if source.startswith('timm:'):
        file, state = None, _from_timm(source.removeprefix('timm:'))
    else:
        file = find_weights(source)
        state = weights_in(read_checkpoint(file))
    backbone.load_state_dict(backbone_weights(state, backbone), strict=False)
    return file


def find_weights(name: str) -> Path:
    """A weight file by its path, by its name in $VTZOO_WEIGHTS or ``weights``, or from the table or an address."""
    try:
        if name.startswith(('https://', 'http://')):
            return cache.from_address(name)
        if name.startswith('shipped:'):
            return _shipped(name.removeprefix('shipped:'))
        if name.startswith('hf-hub:'):
            return fetch_hub(name.removeprefix('hf-hub:'), cache.HUB_FILES)
        folders = [Path(), *([Path(os.environ[FOLDER])] if os.environ.get(FOLDER) else []), Path('weights')]
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
        if name in cache.released():
            return cache.get(cache.released()[name])
    except UnavailableError as error:
        if name.startswith('hf-hub:'):
            raise FileNotFoundError(_advice(f'the pretrained weights {name}', [str(error)])) from error
        raise FileNotFoundError(f'{error} Or start from random weights with --from-scratch.') from error
    raise FileNotFoundError(_advice(f'the pretrained weights {name}', [str(folder / name) for folder in folders]))


def _shipped(config: str) -> Path:
    file = shipped_file(config)
    if file is None:
        raise FileNotFoundError(f'{config} ships no weights; trackers that ship: {", ".join(shipped_configs())}.')
    return file


def _from_timm(name: str) -> dict[str, Tensor]:
    import timm

    print(f'looking for the weights {name} with timm (no network: this takes a minute) ...', flush=True)
    hub = logging.getLogger('huggingface_hub')  # counts its retries aloud; what came of them is said below
    level = hub.level
    hub.setLevel(logging.CRITICAL)
    try:
        return timm.create_model(name, pretrained=True).state_dict()
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise FileNotFoundError(_advice(f"timm's weights {name}", [f"timm's loader ({reason})"])) from error
    finally:
        hub.setLevel(level)


def _advice(what: str, tried: list[str]) -> str:
    return (f'{what} cannot be had; tried: {", ".join(tried)}. Point to a file with '
            f'--cfg-options model.backbone.pretrained=FILE or put it into ${FOLDER}, '
            'or start from random weights with --from-scratch.')
