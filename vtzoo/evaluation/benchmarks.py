"""The benchmarks by name: which set each is, how it is scored, in which layout its results are exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from vtzoo.data.sequence import Dataset, TrackingSequence
from vtzoo.evaluation.partial import PartialSet
from vtzoo.evaluation.results import Layout
from vtzoo.evaluation.scoring.alignment import Truth
from vtzoo.evaluation.scoring.protocols import Protocol, choose
from vtzoo.registry import DATASETS, build


@dataclass(frozen=True)
class Benchmark:
    """A set to test on.

    Args:
        name: what ``--benchmark`` calls it, and the row of a config's ``tracking.benchmarks``.
        reader: config of its reader.
        dataset: the set's name, by which toolkits choose their rules.
        protocol: the rules of its own toolkit; None: other measures, see ``remark``.
        layout: of result files.
        remark: what else to know.
    """

    name: str
    reader: Mapping[str, Any]
    dataset: str
    protocol: str | None
    layout: Layout = 'flat'
    remark: str = ''

    def open(self, root: str | Path | None, partial: bool = False) -> Dataset:
        """The set under a data root; ``partial``: what is on disk of it, if that is not all."""
        dataset = build(DATASETS, {'root': root, **self.reader})
        if not partial:
            return dataset
        found = PartialSet(dataset)
        return found if found.part else dataset

    def protocols(self, name: str | None = None) -> list[Protocol]:
        """The rules that a name stands for here, see :func:`~vtzoo.evaluation.scoring.protocols.choose`. The
        benchmark's own come first; None: its own, if it has any."""
        if name is None and self.protocol is None:
            return []
        return sorted(choose(name or self.protocol, self.dataset), key=lambda rules: rules.name != self.protocol)


_WITHHELD = 'the truth is withheld by its server: `vtzoo pack {} RESULTS out.zip` writes the submission'
_ROWS = (
    Benchmark('got10k_val', dict(type='GOT10k', split='val'), 'got10k', 'got10k', 'folders'),
    Benchmark('got10k_test', dict(type='GOT10k', split='test'), 'got10k', 'got10k', 'folders',
              _WITHHELD.format('got10k')),
    Benchmark('lasot', dict(type='LaSOT', split='test'), 'lasot', 'lasot'),
    Benchmark('lasot_ext', dict(type='LaSOTExt'), 'lasot_ext', 'lasot'),
    Benchmark('trackingnet', dict(type='TrackingNet', split='test'), 'trackingnet', 'trackingnet',
              remark=_WITHHELD.format('trackingnet')),
    Benchmark('uav123', dict(type='UAV123'), 'uav123', 'uav123'),
    Benchmark('uav123_10fps', dict(type='UAV123_10fps'), 'uav123_10fps', 'uav123'),
    Benchmark('uav20l', dict(type='UAV20L'), 'uav20l', 'uav123'),
    Benchmark('otb100', dict(type='OTB', split='otb100'), 'otb', 'otb'),
    Benchmark('otb50', dict(type='OTB', split='otb50'), 'otb', 'otb'),
    Benchmark('nfs', dict(type='NFS'), 'nfs', 'pytracking'),
    Benchmark('tnl2k', dict(type='TNL2K', split='test'), 'tnl2k', 'pytracking'),
    Benchmark('vot2020', dict(type='VOT2020'), 'vot2020', None,
              remark='accuracy, robustness and EAO come from runs of the VOT toolkit: see `vtzoo vot`'),
    Benchmark('synthetic', dict(type='Synthetic', split='test'), 'synthetic', 'got10k'),
)
BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType({row.name: row for row in _ROWS})
"""Every benchmark but one's own folder."""


def find_benchmark(name: str) -> Benchmark:
    """A benchmark by name; ``own:FOLDER`` is a folder of one's own, by its path or its name under the data root."""
    if name.startswith('own:') and name != 'own:':
        folder = Path(name.removeprefix('own:'))
        here = dict(root=folder.resolve().parent) if folder.is_dir() else {}
        reader = dict(type='OwnData', folder=folder.resolve().name if here else str(folder), **here)
        return Benchmark(f'own_{folder.resolve().name}', reader, 'own', 'lorat')
    if name not in BENCHMARKS:
        raise ValueError(f'there is no benchmark {name!r}; known: {", ".join(BENCHMARKS)}, own:FOLDER.')
    return BENCHMARKS[name]


def truth_of(sequence: TrackingSequence, sized: bool = False) -> Truth:
    """What a sequence is judged by; with the size of its images, where a protocol clips to it.

    Absent are the frames of GOT-10k's cover label 0, else those the set flags, else those not to be used.
    """
    cover = sequence.attributes.get('cover')
    absent = sequence.attributes.get('absent', ~sequence.visible) if cover is None else np.asarray(cover) == 0
    return Truth(sequence.boxes, absent, sequence.frames[0].shape[1::-1] if sized else None)


def is_withheld(sequence: TrackingSequence) -> bool:
    """Whether only the first box is published."""
    return len(sequence) > 1 and np.isnan(sequence.boxes[1:]).all()
