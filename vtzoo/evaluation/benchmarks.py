"""The benchmarks by name: which set each is, how it is scored, in which layout its results are exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vtzoo.data.declared import WITHHELD
from vtzoo.data.sequence import Dataset, TrackingSequence
from vtzoo.evaluation.partial import PartialSet
from vtzoo.evaluation.results import Layout
from vtzoo.evaluation.scoring.alignment import Truth
from vtzoo.evaluation.scoring.protocols import Protocol, choose
from vtzoo.registry import DATASETS, build, find, names
from vtzoo.utils.require import require


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
        title: as people write it.
    """

    name: str
    reader: Mapping[str, Any]
    dataset: str
    protocol: str | None
    layout: Layout = 'flat'
    remark: str = ''
    title: str = ''

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


    def scored_by(self, name: str | None = None) -> Protocol:
        """The first of the rules that a name stands for here, see :meth:`protocols`.

        Raises:
            ValueError: the benchmark cannot be scored on this machine; says why.
        """
        protocols = self.protocols(name)
        require(bool(protocols) and not self.remark.startswith(WITHHELD),
                f'{self.name} cannot be scored here: {self.remark}.')
        return protocols[0]


class Benchmarks(Mapping[str, Benchmark]):
    """Every benchmark that a registered data set declares, by name; those of one's own folders come beside."""

    def __getitem__(self, name: str) -> Benchmark:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())

    def _found(self) -> dict[str, Benchmark]:
        found = {}
        for reader in names(DATASETS):
            for one in vars(find(DATASETS, reader)).get('benchmarks', ()):  # its own, not those of a parent
                split = {} if one.split is None else dict(split=one.split)
                found[one.benchmark] = Benchmark(
                    one.benchmark, dict(type=reader, **split), one.dataset or one.benchmark, one.protocol, one.layout,
                    one.remark, one.title)
        return found


BENCHMARKS = Benchmarks()
"""Every benchmark but one's own folder."""
EMBEDDED_VAL = Benchmark('synthetic_val', dict(type='Synthetic', split='val'), 'synthetic', 'got10k',
                         title='embedded set, validation split')
"""What settings are chosen by where no data are at hand; no benchmark, so that no card holds figures of it."""


def find_benchmark(name: str) -> Benchmark:
    """A benchmark by name; ``own:FOLDER`` is a folder of one's own, by its path or its name under the data root."""
    if name.startswith('own:') and name != 'own:':
        folder = Path(name.removeprefix('own:'))
        here = dict(root=folder.resolve().parent) if folder.is_dir() else {}
        reader = dict(type='OwnData', folder=folder.resolve().name if here else str(folder), **here)
        return Benchmark(f'own_{folder.resolve().name}', reader, 'own', 'lorat')
    if name == EMBEDDED_VAL.name:
        return EMBEDDED_VAL
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
