"""One door to a tracker's weights: every command and :func:`vtzoo.load_tracker` name them the same way.

====================  =================================================================================
shipped               the config's own weights in the package; the default where no weights are named
released              the authors' checkpoint of this config, downloaded once and kept
random                a network that has learnt nothing
a file                a checkpoint of vtzoo or a released one
a folder              what ``vtzoo export`` or ``save_pretrained`` wrote, or the folder of a run (its best checkpoint)
hf-hub:OWNER/NAME     a folder on the Hugging Face hub; @REVISION after it names a revision
https://...           a file, downloaded once and kept
====================  =================================================================================

A file or folder is enough on its own: the config inside is used.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
from mmengine.config import Config
from torch import nn

import vtzoo
from vtzoo.checkpoints.cache import HUB_FILES, converted_file, from_address, get, page_of, released
from vtzoo.checkpoints.convert import convert_file, fitting_config, load_stage_one
from vtzoo.checkpoints.download import UnavailableError, fetch_hub
from vtzoo.checkpoints.exports import config_of, is_export, settings_file
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.inside import check_agrees, config_in, differences
from vtzoo.checkpoints.key_maps import family_of
from vtzoo.checkpoints.shipped import default_config, shipped_configs, shipped_file
from vtzoo.checkpoints.state_dicts import weights_in
from vtzoo.config import load_config, override
from vtzoo.utils.arguments import WEIGHTS_HELP as WEIGHTS_HELP  # its old place
from vtzoo.utils.digest import sha256

WORDS = ('shipped', 'released', 'random')
ADVICE = '--checkpoint takes FILE, a folder, released, hf-hub:OWNER/NAME, https://... or random'
RANDOM = 'this tracker has random weights and follows nothing (weights named random: no warning).'
WEIGHTS_FILE = 'model.safetensors'
SUFFIXES = ('.pth', '.pt', '.tar', '.safetensors', '.ckpt', '.bin', '.pkl')


class Source(NamedTuple):
    """A config and where its weights are; file None: random weights. ``contents``: what the file holds."""

    config: Config
    file: Path | None
    contents: Any = None


def resolve(config: Config | Mapping[str, Any] | str | Path | None = None, checkpoint: str | Path | None = None,
            options: Mapping[str, Any] | None = None) -> Source:
    """The config and the weights that a user asked for.

    Args:
        config: a name in the zoo, a path or a config. None: the one inside the checkpoint, or the default tracker.
            A checkpoint here stands for itself: ``resolve('best.pth')``.
        checkpoint: see above. None: shipped weights; a config without any gets random ones, with a warning.
        options: dotted overrides of the config.

    Raises:
        ValueError: what was asked for cannot be, or the config contradicts the one inside; says what differs.
        FileNotFoundError: the weights cannot be had; says what was tried.
    """
    if isinstance(config, str | Path) and is_weights(config):
        if checkpoint is not None:
            raise ValueError(f'{config} is a checkpoint, and so is {checkpoint}: name a config and a checkpoint.')
        config, checkpoint = None, config
    export = next((one for one in (checkpoint, config) if isinstance(one, str | Path) and is_export(one)), None)
    if export is not None:
        inside = config_of(export)
        if config not in (None, export, inside.name) and getattr(config, 'name', None) != inside.name:
            raise ValueError(f'{export} is an export of {inside.name}, not of {config}: name it alone.')
        return Source(inside, settings_file(export))
    if config is None and checkpoint in (None, 'shipped'):
        config = default_config()
    if config is None and str(checkpoint) in WORDS:
        raise ValueError(f'whose {checkpoint} weights? Name a config, such as {default_config()}.')
    cfg = load_config(config, options) if isinstance(config, str | Path) else config
    file = find_checkpoint(checkpoint, cfg)
    if file is None:
        return Source(cfg, None)
    contents = read_checkpoint(file)
    inside = config_in(contents, str(file))
    if checkpoint is None and inside is not None and (changed := differences(cfg, inside)):
        warnings.warn(f'{cfg.name} was changed ({changed[0]}): its shipped weights do not fit. {RANDOM}', stacklevel=3)
        return Source(cfg, None)
    if cfg is None:
        cfg = inside or load_config(_config_of(contents, file))
        return Source(override(cfg, options) if options else cfg, file, contents)
    check_agrees(cfg, contents, str(file))
    return Source(cfg, file, contents)


def _config_of(contents: Any, file: Path) -> str:
    """The config of the zoo that released weights are of."""
    state = weights_in(contents)
    family = family_of(state)
    if family is None:
        raise ValueError(f'{file} holds no config, and its family is not known from its keys: name its config.')
    return fitting_config(state, family)


def is_weights(name: str | Path) -> bool:
    """Whether a name that may be of a config is of weights."""
    text = str(name)
    return text.startswith(('hf-hub:', 'https://', 'http://')) or Path(text).suffix in SUFFIXES or Path(text).is_dir()


def find_checkpoint(checkpoint: str | Path | None, cfg: Config | Mapping[str, Any] | None) -> Path | None:
    """The file of weights that are named in one of the ways above; None: random ones.

    Args:
        checkpoint: the name.
        cfg: the config they are for; None: the one inside them.

    Raises:
        ValueError, FileNotFoundError: they cannot be had; says what can.
    """
    name = cfg.get('name', 'this config') if cfg is not None else 'this config'
    if checkpoint is None or str(checkpoint) == 'shipped':
        if file := shipped_file(name):
            return file
        sentence = (f'{name} ships no weights. {ADVICE}; trackers that ship: '
                    f'{", ".join(shipped_configs()) or "none in this version"}.')
        if checkpoint is not None:
            raise ValueError(sentence)
        warnings.warn(f'{sentence} {RANDOM}', stacklevel=4)
        return None
    word = str(checkpoint)
    if word in ('random', 'none'):
        return None
    if word == 'released':
        return released_tracker(name)
    if word.startswith(('https://', 'http://')):
        return from_address(word)
    if word.startswith('hf-hub:'):
        try:
            return fetch_hub(word.removeprefix('hf-hub:'), HUB_FILES)
        except UnavailableError as error:
            raise UnavailableError(f'{word} cannot be had: {error}. {page_of(word)} shows what is there.') from error
    path = Path(checkpoint)
    return _in_folder(path) if path.is_dir() else path


def _in_folder(folder: Path) -> Path:
    """The weights in a folder: of ``save_pretrained``, or a run's best, else newest, checkpoint."""
    if (folder / WEIGHTS_FILE).is_file():
        return folder / WEIGHTS_FILE
    found = sorted(folder.glob('best_*.pth'), key=_age) or sorted(folder.glob('iter_*.pth'), key=_age)
    if not found:
        raise FileNotFoundError(f'there are no weights in the folder {folder}: neither {WEIGHTS_FILE} nor best_*.pth '
                                'nor iter_*.pth.')
    return found[-1]


def _age(path: Path) -> float:
    return path.stat().st_mtime


def released_tracker(config: str) -> Path:
    """The authors' checkpoint of a config under vtzoo's names: downloaded and converted when it is first asked for.

    Raises:
        ValueError: none is known, or what came is not it.
        FileNotFoundError: it cannot be had; names the address, the file and where to put it.
    """
    row = released().get(config)
    if row is None or row.kind != 'tracker':
        known = ', '.join(name for name, one in released().items() if one.kind == 'tracker')
        raise ValueError(f'no released weights of {config} are known; those that are: {known}.')
    source = get(row)
    target = converted_file(config)
    wanted = dict(source_sha256=sha256(source), vtzoo=vtzoo.__version__)
    try:
        with safetensors.safe_open(target, 'pt') as file:
            if {key: (file.metadata() or {}).get(key) for key in wanted} == wanted:
                return target
    except (OSError, safetensors.SafetensorError):
        pass  # not converted yet, or torn
    convert_file(source, target, config)
    return target


def stage_one(source: str | Path, model: nn.Module) -> Path:
    """Fill a second-stage model from a stage-1 checkpoint; a confidence module stays as it is -> the file.

    Args:
        source: a file, an address or a repository as above, or the work dir of a stage-1 run.
        model: a tracker.

    Raises:
        FileNotFoundError: there is none.
        ValueError: anything else is missing or left over; lists the keys.
    """
    advice = ('Train stage 1 first, point to a checkpoint with --cfg-options stage1=FILE, or start from random weights '
              'with --from-scratch.')
    try:
        path = find_checkpoint(source, None)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'the stage-1 checkpoint {source} cannot be had: {error} {advice}') from error
    if path is None or not path.is_file():
        raise FileNotFoundError(f'the stage-1 checkpoint {source} cannot be had; tried {path}. {advice}')
    load_stage_one(model, path)
    return path


def configs_with_weights() -> set[str]:
    """The configs of trackers whose weights ship or have an address in the table."""
    return {*shipped_configs(), *(name for name, row in released().items() if row.kind == 'tracker')}
