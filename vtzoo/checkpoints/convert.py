"""Released checkpoints, under vtzoo's names. The family is detected from the keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

from vtzoo.checkpoints.files import read_checkpoint, save_checkpoint, sha256, weights_in
from vtzoo.checkpoints.key_maps import FAMILIES, IMAGENET, family_of, rename

NEW = ('backbone.norm.',)
"""What a backbone has and its ImageNet checkpoint lacks: the LayerNorm after Swin's third stage."""


def convert(source: str | Path | Mapping[str, Any], config: Config | Mapping | str | Path,
            model: nn.Module | None = None) -> dict[str, Tensor]:
    """A state dict for a config's model, from a released checkpoint or one of vtzoo's own.

    Args:
        source: a file, or a mapping from names to tensors or arrays.
        config: a config, its name, or its path. The ImageNet checkpoint of its backbone gives the
            backbone's part only.
        model: the config's model, if it is at hand.

    Raises:
        ValueError: a source tensor fits nowhere, or the config's tracker lacks one; lists the keys.
    """
    from vtzoo.api import build_model

    state = weights_in(read_checkpoint(source) if isinstance(source, str | Path) else source)
    expected = (model or build_model(config)).state_dict()
    family = family_of(state)
    if family is None:
        return _complete(state, expected, [], 'this tracker')
    renamed, _, unknown = rename(state, FAMILIES[family])
    if family in IMAGENET:
        renamed = {key: tensor for key, tensor in renamed.items() if key in expected or not _cut_off(key, expected)}
        expected = {key: tensor for key, tensor in expected.items()
                    if key.startswith('backbone.') and not key.startswith(NEW)}
    return _complete(renamed, expected, unknown, f'the tracker of this config, from {family}')


def convert_file(source: str | Path, target: str | Path, config: str | None = None) -> dict[str, Any]:
    """Write a checkpoint of vtzoo from a released one.

    Args:
        source: released checkpoint.
        target: file to write; it holds ``state_dict`` and ``meta`` (config, family, source and its SHA-256,
            version of vtzoo).
        config: name or path; None: the one of the zoo that fits.

    Returns:
        meta, and 'tensors': how many.

    Raises:
        ValueError: no config fits; for a given one, lists the keys that do not.
    """
    import vtzoo

    contents = weights_in(read_checkpoint(source))
    family = family_of(contents)
    if config is None:
        config = _fitting(contents, family)
    state = convert(contents, config)
    meta = dict(config=str(config), family=family or 'vtzoo', source=Path(source).name, source_sha256=sha256(source),
                vtzoo=vtzoo.__version__)
    save_checkpoint(dict(state_dict=state, meta=meta), target)
    return meta | dict(tensors=len(state))


CANDIDATES = dict(
    mixformer=('mixformer_cvt21', 'mixformer_cvt21_spm', 'mixformer_cvt24w', 'mixformer_cvt24w_spm'),
    sparsett=('sparsett_swin_t',), cvt=('mixformer_cvt21', 'mixformer_cvt24w'),
    swin_timm=('sparsett_swin_t',), swin_microsoft=('sparsett_swin_t',),
    resnet=('hybrids/mam_resnet50_double',))
"""Configs of the zoo whose weights a family of checkpoints may be."""


def _fitting(contents: Mapping[str, Tensor], family: str | None) -> str:
    """The first config of the family that takes the checkpoint whole."""
    if family is None:
        raise ValueError('the family of this checkpoint is not known from its keys; name its config with --config.')
    reasons = []
    for name in CANDIDATES[family]:
        try:
            convert(contents, name)
        except ValueError as error:
            reasons.append(f'{name}: {error}')
            continue
        return name
    raise ValueError(f'this {family} checkpoint fits none of its configs; name another with --config. '
                     + ' | '.join(reasons))


def stage_one(source: str | Path, model: nn.Module) -> Path:
    """Fill a second-stage model from a stage-1 checkpoint; only its confidence module stays as it is.

    Args:
        source: a file, or the work dir of a stage-1 run, whose best checkpoint is taken, else its newest.
        model: a tracker with a confidence module.

    Returns:
        The file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: anything else is missing or left over; lists the keys.
    """
    path = Path(source)
    if path.is_dir():
        found = sorted(path.glob('best_*.pth')) or sorted(path.glob('iter_*.pth'), key=lambda p: p.stat().st_mtime)
        path = found[-1] if found else path / 'best_AO_iter_N.pth'
    if not path.is_file():
        raise FileNotFoundError(f'the stage-1 checkpoint {source} cannot be had; tried {path}. Train stage 1 first, '
                                'point to a checkpoint with --cfg-options stage1=FILE, or start from random weights '
                                'with --from-scratch.')
    state = weights_in(read_checkpoint(path))
    unknown: list[str] = []
    if family := family_of(state):
        state, _, unknown = rename(state, FAMILIES[family])
    expected = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith('confidence.')}
    model.load_state_dict(_complete(state, expected, unknown, 'stage 1 of this tracker'), strict=False)
    return path


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
    zero = torch.zeros((), dtype=torch.long)
    return {key: state.get(key, zero).to(tensor.dtype) for key, tensor in expected.items()}


def _cut_off(key: str, expected: Iterable[str]) -> bool:
    """Whether a backbone's key belongs to a block beyond the depth of the config's (MixFormer-L: cvt24w to 2-2-12)."""
    block = re.match(r'(backbone\.(?:stages|layers)\.\d+\.blocks\.)(\d+)\.', key)
    depths = [int(m[1]) for k in expected if block and (m := re.match(re.escape(block[1]) + r'(\d+)\.', k))]
    return bool(depths) and int(block[2]) > max(depths)


def _shorten(keys: list[str], most: int = 4) -> str:
    return ', '.join(keys[:most]) + (f' and {len(keys) - most} more' if len(keys) > most else '')
