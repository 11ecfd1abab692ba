"""From a config's data part to loaders: which sets, from where, in which process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from vtzoo.data.check_report import load_skip_list
from vtzoo.data.index import Indexed
from vtzoo.data.leakage import refuse_leaks
from vtzoo.data.mixture import Mixture
from vtzoo.data.pairs import TrainingSamples
from vtzoo.data.roots import data_root
from vtzoo.data.sequence import Dataset
from vtzoo.engine.loops import EpochSampler
from vtzoo.models.tracker import Tracker
from vtzoo.registry import AUGMENTATIONS, DATASETS, FRAME_SAMPLERS, JITTERS, build, find
from vtzoo.utils.require import require_known

KNOWN = ('sets', 'skip', 'judged_by', 'allow', 'batch_size', 'num_workers', 'samples', 'frames', 'jitter',
         'augmentations', 'full_decode', 'samples_per_sequence', 'bad_share')
"""What ``train_dataloader`` of a config may hold."""


def choose_sets(sets: Sequence[dict], names: Sequence[str] | None) -> list[dict]:
    """Those of a config's sets that --sets names; all of them without it.

    Raises:
        ValueError: a name that is none of the config's.
    """
    if not names:
        return list(sets)
    known = {find(DATASETS, cfg['type']).name: cfg for cfg in sets}
    for name in names:
        if name not in known:
            raise ValueError(f'--sets names {name!r}; this config trains on {", ".join(known)}.')
    return [cfg for cfg in sets if find(DATASETS, cfg['type']).name in names]


def open_sets(cfg: dict[str, Any], names: Sequence[str], embedded: dict, root: str | Path | None) -> Mixture:
    """The mixture a run trains on; without a data root, the embedded set alone.

    Args:
        cfg: ``train_dataloader`` of a config: its sets, each with its ratio; ``skip``, a skip list of
            ``vtzoo data check``; ``judged_by``, splits such as 'got10k/test' whose protocol forbids others;
            ``allow``, forbidden splits that are trained on all the same.
        names: see :func:`choose_sets`.
        embedded: config of the embedded set.
        root: the data root.

    Raises:
        FileNotFoundError: a set is not under the root; lists what was tried.
        ValueError: a split must not be trained on.
    """
    chosen, root = choose_sets(cfg['sets'], names), data_root(root)
    if root is None:
        return Mixture([build(DATASETS, embedded)], [1])
    skip = load_skip_list(cfg['skip']) if cfg.get('skip') else {}
    readers = [build(DATASETS, {key: value for key, value in one.items() if key not in ('ratio', 'by_image')},
                     root=root) for one in chosen]
    refuse_leaks([(reader.name, reader.split) for reader in readers],
                 [tuple(split.split('/')) for split in cfg.get('judged_by', ())], cfg.get('allow', ()))
    return Mixture([Indexed(reader, skip.get(reader.name)) for reader in readers],
                   [one.get('ratio', 1) for one in chosen], [one.get('by_image', False) for one in chosen])


def training_loader(cfg: dict[str, Any], model: Tracker, mixture: Mixture, seed: int, rank: int = 0,
                    world_size: int = 1) -> DataLoader:
    """The loader of one process.

    Args:
        cfg: ``train_dataloader`` of a config: batch_size (of one process), num_workers, samples (per
            epoch, all processes together), frames, jitter, augmentations, and if need be full_decode,
            samples_per_sequence, bad_share: see :class:`~vtzoo.data.pairs.TrainingSamples`.
        model: its crop convention is used.
        mixture: see :func:`open_sets`.
        seed: of the run.
        rank, world_size: of this process.
    """
    require_known('train_dataloader', cfg, KNOWN)
    samples = TrainingSamples(
        mixture, build(FRAME_SAMPLERS, cfg['frames']), model.crop, build(JITTERS, cfg['jitter']),
        [build(AUGMENTATIONS, augmentation) for augmentation in cfg.get('augmentations', ())], cfg['samples'], seed,
        **{key: cfg[key] for key in ('full_decode', 'samples_per_sequence', 'bad_share') if key in cfg})
    workers = cfg.get('num_workers', 0)
    return DataLoader(samples, cfg['batch_size'], drop_last=True, num_workers=workers,
                      sampler=EpochSampler(cfg['samples'], cfg['batch_size'], rank, world_size),
                      persistent_workers=workers > 0, pin_memory=torch.cuda.is_available())


def validation_loader(dataset: Dataset, sequences: int | None, rank: int = 0, world_size: int = 1) -> DataLoader:
    """Whole sequences, one at a time; every world_size-th is this process's.

    Args:
        dataset: the validation set.
        sequences: how many, evenly spread; None: all.
        rank, world_size: of this process.
    """
    count = min(sequences or len(dataset), len(dataset))
    chosen = torch.utils.data.Subset(dataset, [i * len(dataset) // count for i in range(count)])
    return DataLoader(chosen, batch_size=None, sampler=range(rank, count, world_size))
