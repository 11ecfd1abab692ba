"""From a config's data part to loaders: which sets, from where, in which process."""

from __future__ import annotations

from collections.abc import Sequence as Items
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from vtzoo.data.mixture import Mixture
from vtzoo.data.pairs import TrainingSamples
from vtzoo.data.roots import data_root
from vtzoo.data.sequence import Dataset
from vtzoo.engine.loops import EpochSampler
from vtzoo.models.tracker import Tracker
from vtzoo.registry import AUGMENTATIONS, DATASETS, FRAME_SAMPLERS, JITTERS, build, find

def choose_sets(sets: Items[dict], names: Items[str] | None) -> list[dict]:
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


def open_sets(sets: Items[dict], embedded: dict, root: str | Path | None) -> tuple[list[Dataset], list[float]]:
    """Data sets and their ratios; without a data root, the embedded set alone."""
    root = data_root(root)
    if root is None:
        return [build(DATASETS, embedded)], [1.0]
    opened = [build(DATASETS, {key: value for key, value in cfg.items() if key != 'ratio'} | dict(root=root))
              for cfg in sets]
    return opened, [cfg.get('ratio', 1.0) for cfg in sets]


def training_loader(cfg: dict[str, Any], model: Tracker, sets: Items[Dataset], ratios: Items[float], seed: int,
                    rank: int = 0, world_size: int = 1) -> DataLoader:
    """The loader of one process.

    Args:
        cfg: ``train_dataloader`` of a config: batch_size (of one process), num_workers, samples (per
            epoch, all processes together), frames, jitter, augmentations.
        model: its crop convention is used.
        sets, ratios: the mixture.
        seed: of the run.
        rank, world_size: of this process.
    """
    samples = TrainingSamples(
        Mixture(sets, ratios), build(FRAME_SAMPLERS, cfg['frames']), model.crop, build(JITTERS, cfg['jitter']),
        [build(AUGMENTATIONS, augmentation) for augmentation in cfg.get('augmentations', ())], cfg['samples'], seed)
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
