"""The embedded data set: sequences drawn by a procedure, as many as are wanted, from nothing but a seed."""

from __future__ import annotations

from pathlib import Path

from vtzoo.data.declared import Judges
from vtzoo.data.sequence import Dataset, TrackingSequence
from vtzoo.registry import DATASETS
from vtzoo.synthetic.frames import SyntheticFrames
from vtzoo.synthetic.random_streams import LENGTH, SPLITS, stream
from vtzoo.synthetic.scene import scene


@DATASETS.register_module()
class Synthetic(Dataset):
    """Textured things that move, turn, bend and hide before cluttered places, under a moving camera.

    TrackingSequence ``i`` of a split is the same on every machine with the same versions of numpy and OpenCV, in
    whatever order sequences and frames are asked for. Splits share neither seeds nor textures. Boxes are the
    bounds of the whole target, hidden parts included, clipped to the frame; NaN where less than 2 pixels of
    them are left. ``attributes['cover']`` is GOT-10k's label; the target is visible where it is above 0, that
    is where at least a tenth of it is seen.

    Args:
        split: 'train', 'val' or 'test'.
        root: not used; data that are read from files need one.
        sequences: how many; None: a million for training, else 50.
        length: frames of each; None: 100 for training, else 60 to 120.
        size: width and height of the frames.
        seed: another one gives another set.
        easy_fraction: share of easy sequences, 0 to 1: a whole object, of other materials than its surroundings,
            not hidden, seen clearly. A tracker that starts from nothing learns on them first.

    Raises:
        ValueError: an unknown split, or too few sequences, frames or pixels.
        IndexError: past the last sequence.
    """

    name, protocol = 'synthetic', 'got10k'
    benchmarks = (Judges('synthetic', 'embedded set', 'test', 'got10k'),)

    def __init__(self, split: str = 'train', root: str | Path | None = None, sequences: int | None = None,
                 length: int | None = None, size: tuple[int, int] = (320, 240), seed: int = 0,
                 easy_fraction: float = 0.0) -> None:
        if split not in SPLITS:
            raise ValueError(f'the synthetic set has no split {split!r}; it has: {", ".join(SPLITS)}.')
        self.split, self.length, self.size, self.seed = split, length, tuple(size), seed
        self.easy_fraction = easy_fraction
        self.sequences = (1_000_000 if split == 'train' else 50) if sequences is None else sequences
        if not 0 <= easy_fraction <= 1:
            raise ValueError(f'the synthetic set takes easy_fraction from 0 to 1, not {easy_fraction}.')
        for what, number, least in (('sequences', self.sequences, 1), ('length', length, 2), ('size', min(size), 32)):
            if number is not None and number < least:
                raise ValueError(f'the synthetic set takes {what} from {least}, not {number}.')

    def __len__(self) -> int:
        return self.sequences

    def __getitem__(self, index: int) -> TrackingSequence:
        index = range(self.sequences)[index]
        split, name = SPLITS[self.split], f'{self.name}-{self.split}-{index:06d}'
        drawn = scene(split, self.seed, index, self.size, self.length or self._length(split, index), self.easy_fraction)
        return TrackingSequence(name, SyntheticFrames(name, drawn), drawn.truth.boxes, drawn.truth.visible,
                        dict(cover=drawn.truth.cover))

    def _length(self, split: int, index: int) -> int:
        return 100 if self.split == 'train' else stream(split, LENGTH, self.seed, index).randint(60, 120)
