"""Released checkpoints, under vtzoo's names. The family is detected from the keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

from vtzoo.checkpoints.files import read_checkpoint, save_checkpoint
from vtzoo.checkpoints.inside import RESOLVED, config_in, resolved
from vtzoo.checkpoints.key_maps import FAMILIES, family_of
from vtzoo.checkpoints.state_dicts import check_whole, sets_in, weights_in
from vtzoo.config import load_config
from vtzoo.models.build import build_model
from vtzoo.utils.digest import sha256
from vtzoo.utils.renaming import rename, within_depth


def convert(source: str | Path | Mapping[str, Any], config: Config | Mapping | str | Path,
            model: nn.Module | None = None, which: str | None = None) -> dict[str, Tensor]:
    """A state dict for a config's model, from a released checkpoint or one of vtzoo's own.

    Args:
        source: a file, what :func:`~vtzoo.checkpoints.files.read_checkpoint` gave, or a mapping from names to
            tensors or arrays.
        config: a config, its name, or its path. A checkpoint of a backbone alone gives the backbone's part only.
        model: the config's model, if it is at hand.
        which: the set of weights to take where there are several, such as 'ema'; None: the plain ones.

    Raises:
        ValueError: a source tensor fits nowhere, the config's tracker lacks one, or one is damaged; lists the keys.
    """
    state = weights_in(read_checkpoint(source) if isinstance(source, str | Path) else source, which)
    return fit(state, model or _empty(config))


def fit(state: Mapping[str, Tensor], model: nn.Module, part: str = '') -> dict[str, Tensor]:
    """A state dict under vtzoo's names that is whole.

    Args:
        state: weights under the names of any known family of trackers, of vtzoo, or of the model's backbone alone,
            which the backbone's own key filter knows.
        model: the tracker to fill.
        part: take this part of a whole tracker only, such as 'backbone.'.

    Raises:
        ValueError: see :func:`convert`.
    """
    family, unknown, what = family_of(state), [], 'this tracker'
    if family in FAMILIES:
        renamed, _, unknown = rename(state, FAMILIES[family])
        what = f'the tracker of this config, from {family}'
    elif any(key.startswith('backbone.') for key in state):
        renamed = dict(state)
    else:
        renamed = {f'backbone.{key}': tensor for key, tensor in model.backbone.checkpoint_filter(state).items()}
        what = f'the backbone {type(model.backbone).__name__}'
    if part:
        renamed = {key: tensor for key, tensor in renamed.items() if key.startswith(part)}
        unknown = [key for key in unknown if key.startswith(part)]
    expected = model.state_dict()
    if renamed and all(key.startswith('backbone.') for key in renamed):
        renamed = within_depth(renamed, expected)
        new = tuple(f'backbone.{key}' for key in model.backbone.not_pretrained)
        expected = {key: tensor for key, tensor in expected.items() if key.startswith('backbone.')
                    and (key in renamed or not key.startswith(new))}
    return _complete(renamed, expected, unknown, what)


def load_weights(model: nn.Module, source: str | Path | Mapping[str, Any], where: str = 'the checkpoint') -> None:
    """Fill a whole tracker.

    Raises:
        ValueError: see :func:`convert`; or the checkpoint is of a backbone alone.
    """
    model.load_state_dict(check_tracker(model, source, where))


def check_tracker(model: nn.Module, source: str | Path | Mapping[str, Any], where: str) -> dict[str, Tensor]:
    """The weights of a whole tracker that fit a model, which may be on the meta device.

    Raises:
        ValueError: see :func:`load_weights`.
    """
    state = convert(source, {}, model)
    missing = [key for key in model.state_dict() if key not in state]
    if missing:
        raise ValueError(f'{where} holds a pretrained backbone, not a tracker: {_shorten(missing)} are missing. It '
                         'starts a training: --cfg-options model.backbone.pretrained=FILE.')
    return state


def _empty(config: Config | Mapping | str | Path) -> nn.Module:
    """The model of a config without numbers in it."""
    with torch.device('meta'):
        return build_model(config)


def backbone_weights(state: Mapping[str, Tensor], backbone: nn.Module) -> dict[str, Tensor]:
    """A backbone's state dict from a checkpoint of one alone, by its own key filter, or of a whole tracker.

    Raises:
        ValueError: a tensor is left over or missing; lists the keys.
    """
    holder = nn.Module()
    holder.backbone = backbone
    return {key.removeprefix('backbone.'): tensor for key, tensor in fit(state, holder, 'backbone.').items()}


def convert_file(source: str | Path, target: str | Path, config: str | None = None, which: str | None = None,
                 half: bool = False) -> dict[str, Any]:
    """Write a checkpoint of vtzoo from a released one.

    Args:
        source: released checkpoint.
        target: file to write, .pth or .safetensors; it holds ``state_dict`` and ``meta`` (config, also as JSON,
            family, source and its SHA-256, set of weights, version of vtzoo).
        config: name or path; None: the one inside, else the one of the zoo that fits.
        which: the set of weights to take where there are several.
        half: store numbers in half precision.

    Returns:
        meta, 'tensors': how many, and 'others': sets of weights that were not taken.

    Raises:
        ValueError: no config fits; for a given one, lists the keys that do not.
    """
    import vtzoo

    if Path(target).resolve() == Path(source).resolve():
        raise ValueError(f'{target} is the source itself: name another file.')
    contents = read_checkpoint(source)
    sets = [name for name, _ in sets_in(contents)]
    state = weights_in(contents, which or (sets[0] if sets else None))
    family, inside = family_of(state), config_in(contents, str(source))
    if config is None:
        cfg = inside or load_config(fitting_config(state, family))
    else:
        cfg = load_config(config)
    converted = fit(state, _empty(cfg))
    if half:
        converted = {key: value.half() if value.is_floating_point() else value for key, value in converted.items()}
        check_whole(converted)
    taken = which or sets[0]
    meta = dict(config=str(config or cfg.name), family=family or 'vtzoo', source=Path(source).name,
                source_sha256=sha256(source), weights=taken, vtzoo=vtzoo.__version__)
    save_checkpoint(dict(state_dict=converted, meta=meta | {RESOLVED: resolved(cfg)}), target)
    return meta | dict(tensors=len(converted), others=[name for name in sets if name != taken])


CANDIDATES = dict(
    mixformer=('mixformer_cvt21', 'mixformer_cvt21_spm', 'mixformer_cvt24w', 'mixformer_cvt24w_spm'),
    mixvit=('mixvit_b', 'mixvit_b_spm', 'mixvit_l', 'mixvit_l_spm'), ostrack=('ostrack_256', 'ostrack_384'),
    vit=('mixvit_b', 'mixvit_l'), sparsett=('sparsett_swin_t',), cvt=('mixformer_cvt21', 'mixformer_cvt24w'),
    cvt_transformers=('mixformer_cvt21', 'mixformer_cvt24w'), swin_timm=('sparsett_swin_t',),
    swin_microsoft=('sparsett_swin_t',), swin_transformers=('sparsett_swin_t',),
    swin_torchvision=('sparsett_swin_t',), resnet=('hybrids/mam_resnet50_double',))
"""Configs of the zoo whose weights a family of checkpoints may be."""


def fitting_config(state: Mapping[str, Tensor], family: str | None) -> str:
    """The first config of the family that takes the weights whole.

    Raises:
        ValueError: there is none; says what is wrong with each.
    """
    if family is None:
        raise ValueError('the family of this checkpoint is not known from its keys; name its config with --config.')
    reasons = []
    for name in CANDIDATES[family]:
        try:
            fit(state, _empty(name))
        except ValueError as error:
            reasons.append(f'{name}: {error}')
            continue
        return name
    raise ValueError(f'this {family} checkpoint fits none of its configs; name another with --config. '
                     + ' | '.join(reasons))


def _complete(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], unknown: list[str],
              what: str) -> dict[str, Tensor]:
    """The state dict, if it holds exactly what is expected."""
    counter = '.num_batches_tracked'
    left = unknown + [key for key in state if key not in expected and not key.endswith(counter)]
    missing = [key for key in expected if key not in state and not key.endswith(counter)]
    other = [f'{key} {tuple(state[key].shape)}, not {tuple(tensor.shape)}' for key, tensor in expected.items()
             if key in state and state[key].shape != tensor.shape]
    problems = [f'{title}: {_shorten(keys)}' for title, keys in
                (('missing', missing), ('left over', left), ('of another shape', other)) if keys]
    if problems:
        raise ValueError(f'the checkpoint does not fit {what}; ' + '; '.join(problems)
                         + '. Name the config that the checkpoint was made with.')
    whole = [f'{key} ({tensor.dtype})' for key, tensor in expected.items() if tensor.is_floating_point()
             and key in state and not state[key].is_floating_point()]
    if whole:
        raise ValueError(f'the checkpoint holds whole numbers where weights are real ones: {_shorten(whole)}.')
    zero = torch.zeros((), dtype=torch.long)
    taken = {key: state.get(key, zero) for key in expected}
    check_whole(taken)
    return {key: tensor.to(expected[key].dtype) for key, tensor in taken.items()}


def _shorten(keys: list[str], most: int = 4) -> str:
    return ', '.join(keys[:most]) + (f' and {len(keys) - most} more' if len(keys) > most else '')


def load_stage_one(model: nn.Module, path: Path) -> None:
    """Fill all of a second-stage tracker but its confidence module from the file of a first stage.

    Raises:
        ValueError: anything else is missing or left over; lists the keys.
    """
    state = weights_in(read_checkpoint(path))
    unknown: list[str] = []
    if (family := family_of(state)) in FAMILIES:
        state, _, unknown = rename(state, FAMILIES[family])
    expected = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith('confidence.')}
    model.load_state_dict(_complete(state, expected, unknown, 'stage 1 of this tracker'), strict=False)
