"""From a config's data part to data sets: which sets, from where, for training and for judging."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset as TorchDataset

from vtzoo.data.check_report import load_skip_list
from vtzoo.data.crops import CropConvention
from vtzoo.data.index import Indexed
from vtzoo.data.leakage import refuse_leaks
from vtzoo.data.mixture import Mixture
from vtzoo.data.pairs import TrainingSamples
from vtzoo.data.reader import Reader
from vtzoo.data.roots import data_root
from vtzoo.data.sequence import AnnotationError, Dataset, TrackingSequence
from vtzoo.registry import AUGMENTATIONS, CROPS, DATA, DATASETS, DISTRACTORS, FRAME_SAMPLERS, JITTERS, build, find
from vtzoo.utils.require import require


def choose_sets(sets: Sequence[dict], names: Sequence[str] | None) -> list[dict]:
    """Those of a config's sets that --sets names; all of them without it.

    Raises:
        ValueError: a name that is none of the config's.
    """
    if not names:
        return list(sets)
    known = {name_of(cfg): cfg for cfg in sets}
    for name in names:
        if name not in known:
            raise ValueError(f'--sets names {name!r}; this config trains on {", ".join(known)}.')
    return [cfg for cfg in sets if name_of(cfg) in names]


def name_of(cfg: dict[str, Any]) -> str:
    """What ``--sets`` calls a set: the name of its reader, or of its folder where a reader takes one."""
    return getattr(find(DATASETS, cfg['type']), 'name', None) or Path(cfg.get('folder', 'own')).name


def needs_files(cfg: dict[str, Any]) -> bool:
    """Whether a set is read from a data root."""
    reader = find(DATASETS, cfg['type'])
    return isinstance(reader, type) and issubclass(reader, Reader)


def own_instead(sets: Sequence[dict], root: str | Path | None) -> dict[str, dict] | None:
    """Your own videos, where a root holds these and none of a config's sets -> 'train' and, if there is one, 'val' ->
    config of its reader; None: there is nothing to replace, or nothing to replace it with.

    They lie in ``ROOT/own`` or in the root itself, in the folders train and val or all together.
    """
    root, wanted = data_root(root), [one for one in sets if needs_files(one)]
    if root is None or not wanted or any(_opens(_reader(one), root) for one in wanted):
        return None
    for home in (dict(folder='own'), dict(folder=root.resolve().name, root=str(root.resolve().parent))):
        for split in ('train', 'all'):
            one = dict(type='OwnData', split=split, **home)
            if _opens(one, root) and _readable(build(DATASETS, dict(root=root) | one)):
                found, val = dict(train=one | dict(ratio=1)), one | dict(split='val')
                return found | dict(val=val) if split == 'train' and _opens(val, root) else found
    return None


def _reader(one: dict[str, Any]) -> dict[str, Any]:
    """The config of a set's reader, without what a mixture takes."""
    return {key: value for key, value in one.items() if key not in ('ratio', 'by_image')}


def _opens(reader: dict[str, Any], root: Path) -> bool:
    """Whether a set is under the root, also one with faults."""
    try:
        with contextlib.suppress(AnnotationError):
            build(DATASETS, dict(root=root) | reader)
    except FileNotFoundError:
        return False
    return True


def _readable(reader: Reader) -> bool:
    """Whether one of the first videos has boxes."""
    for video in itertools.islice(reader.videos, 20):
        with contextlib.suppress(AnnotationError):
            if any(sequence.visible.any() for sequence in reader.read(video)):
                return True
    return False


def open_sets(sets: Sequence[dict], root: str | Path | None = None, skip: str | Path | None = None,
              judged_by: Sequence[str] = (), allow: Sequence[str] = ()) -> Mixture:
    """The mixture a run trains on.

    Args:
        sets: configs of readers, each with ``ratio`` and, if need be, ``by_image`` beside the reader's own arguments.
        root: the data root.
        skip: a skip list of ``vtzoo data check``.
        judged_by: splits such as 'got10k/test' whose protocol forbids others.
        allow: forbidden splits that are trained on all the same.

    Raises:
        FileNotFoundError: a set is not under the root; lists what was tried.
        ValueError: a split must not be trained on.
    """
    require(len(sets) > 0, "train_dataloader.dataset.sets is empty: name a set, such as dict(type='Synthetic').")
    left_out, root = load_skip_list(skip) if skip else {}, data_root(root)
    readers = [build(DATASETS, dict(root=root) | _reader(one) if needs_files(one) else _reader(one)) for one in sets]
    refuse_leaks([(reader.name, reader.split) for reader in readers],
                 [tuple(split.split('/')) for split in judged_by], allow)
    opened = [Indexed(one, left_out.get(one.name)) if isinstance(one, Reader) else one for one in readers]
    return Mixture(opened, [one.get('ratio', 1) for one in sets], [one.get('by_image', False) for one in sets])


@DATA.register_module(name='TrainingSamples')
def training_samples(sets: Sequence[dict], frames: dict, jitter: dict, samples: int,
                     augmentations: Sequence[dict] = (), crop: dict | CropConvention | None = None,
                     seed: int = 0, root: str | None = None, embedded: dict | None = None, skip: str | None = None,
                     judged_by: Sequence[str] = (), allow: Sequence[str] = (), full_decode: bool = False,
                     bad_share: float = 0.1, samples_per_sequence: int = 1,
                     distractors: dict | None = None) -> TrainingSamples:
    """The training samples of a config.

    Args:
        sets, root, skip, judged_by, allow: see :func:`open_sets`.
        frames, jitter, augmentations: configs of what :class:`~vtzoo.data.pairs.TrainingSamples` takes.
        samples: of an epoch, all processes together.
        crop: the model's crop convention; the loop ``TrainLoop`` supplies it, and the run's seed.
        embedded: config of the embedded set that stands in for all sets where no data root is named.
        full_decode, bad_share, samples_per_sequence: see :class:`~vtzoo.data.pairs.TrainingSamples`.
        distractors: config of :mod:`vtzoo.data.distractors`; None: none.
    """
    require(crop is not None, "TrainingSamples needs the model's crop: write train_cfg=dict(type='TrainLoop', ...), "
                              'which supplies it, or train_dataloader.dataset.crop=dict(type=..., ...).')
    require(type(samples) is int and samples > 0,
            f'train_dataloader.dataset.samples is a number of samples, 1 or more, not {samples!r}.')
    root = data_root(root)
    stand_in = root is None and embedded is not None and any(map(needs_files, sets))
    # A protocol binds what is judged by it; what a run on the stand-in learns is not.
    mixture = open_sets([embedded]) if stand_in else open_sets(sets, root, skip, judged_by, allow)
    made = TrainingSamples(
        mixture, build(FRAME_SAMPLERS, frames), build(CROPS, crop), build(JITTERS, jitter),
        [build(AUGMENTATIONS, augmentation) for augmentation in augmentations], samples, seed,
        full_decode=full_decode, bad_share=bad_share, samples_per_sequence=samples_per_sequence,
        distractors=None if distractors is None else build(DISTRACTORS, distractors))
    made.embedded, made.root = stand_in, root
    return made


@DATA.register_module()
class EvaluationSequences(TorchDataset):
    """Whole sequences to validate or test on, evenly spread over a set.

    Args:
        set: config of the set's reader.
        sequences: how many; None: all.
        root: the data root.
        embedded: config of the embedded set that stands in where no data root is named.

    Raises:
        FileNotFoundError: the set is not under the root.
    """

    def __init__(self, set: dict, sequences: int | None = None, root: str | None = None,
                 embedded: dict | None = None) -> None:
        root = data_root(root)
        needs = needs_files(set)
        if needs and root is None and embedded is not None:
            set, needs = embedded, False
        self.set: Dataset = build(DATASETS, dict(root=root) | set if needs else set)
        require(sequences is None or (type(sequences) is int and sequences > 0),
                f'sequences is a number of sequences, 1 or more, or None for all, not {sequences!r}.')
        count = min(sequences or len(self.set), len(self.set))
        self.chosen = [i * len(self.set) // count for i in range(count)]
        self.title = f'{self.set.name}/{self.set.split}'
        self.metainfo: dict = {}  # mmengine asks for it

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int) -> TrackingSequence:
        return self.set[self.chosen[index]]
