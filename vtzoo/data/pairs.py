"""Training samples: frames drawn from a mixture of sets, cut, jittered, augmented.

Sample i of epoch e depends on the seed, e and i alone: not on workers, processes or resumes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from vtzoo.data.augment import Augmentation, augment
from vtzoo.data.crops import Colour, CropConvention
from vtzoo.data.distractors import Distractors
from vtzoo.data.frames import Draw, FrameSampler, Pick
from vtzoo.data.jitter import Jitter
from vtzoo.data.loading import cut
from vtzoo.data.mixture import Mixture
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.utils.errors import RunError
from vtzoo.utils.require import require

TRIES = 200
"""How often one sample is drawn before the run stops and says that the sets hold no usable one."""
MOST_WORKERS = 256
MOST_NAMED = 4096
"""Bad files that a run names."""


class TrainingSamples(torch.utils.data.Dataset):
    """An endless supply: sample number e * samples + i is sample i of epoch e.

    Args:
        mixture: the data sets.
        frames: frame sampler.
        crop: the model's crop convention; the jitter must be of the same.
        jitter: where the crops are cut.
        augmentations: changes to the crops.
        samples: per epoch.
        seed: of the run.
        full_decode: decode every frame whole, as tracking does, instead of at the size its crop needs.
        bad_share: training stops when more than this share of the samples meets a bad file.
        samples_per_sequence: this many consecutive samples come from the same sequences; 1 as released. More
            saves time where opening a sequence is expensive, as it is in the embedded set.
        distractors: other objects beside or over the target; None: none, as released.
    """

    def __init__(self, mixture: Mixture, frames: FrameSampler, crop: CropConvention, jitter: Jitter,
                 augmentations: Sequence[Augmentation], samples: int, seed: int, full_decode: bool = False,
                 bad_share: float = 0.1, samples_per_sequence: int = 1,
                 distractors: Distractors | None = None) -> None:
        require(crop.convention == jitter.convention,
                f'{type(jitter).__name__} jitters crops of the convention {jitter.convention!r}, the model crops by '
                f'{type(crop).__name__}, whose convention is {crop.convention!r}: write the jitter of the same kind.')
        self.mixture, self.frames, self.crop, self.jitter = mixture, frames, crop, jitter
        self.augmentations, self.samples, self.seed = list(augmentations), samples, seed
        self.full_decode, self.faults = full_decode, Faults(bad_share)
        self.samples_per_sequence, self.distractors = samples_per_sequence, distractors
        self.metainfo: dict = {}  # mmengine asks for it
        self.current = torch.full((MOST_WORKERS,), -1, dtype=torch.long).share_memory_()

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, number: int) -> dict[str, Any]:
        """-> template (T, 3, h, w) uint8, search (3, H, W) uint8, box (4,) float32 cx cy w h in 0..1 of
        the search crop, positive bool, id: the sets' and frames' names.

        Raises:
            RunError: no draw serves, or too many frames are bad.
        """
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            self.current[worker.id % MOST_WORKERS] = number
        for attempt in range(TRIES):
            rng = np.random.default_rng([self.seed, number, attempt])
            try:
                drawn = self._draw(rng, number, attempt)
                sample = drawn and self._cut(rng, drawn)
                self.faults.passed()
            except (FrameError, AnnotationError) as error:
                self.faults.failed(error)
                continue
            if sample is not None:
                return sample | dict(id=f'{number} {" ".join(map(str, drawn.templates))} > {drawn.search}')
        names = ', '.join(f'{data.name}/{data.split}' for data in self.mixture.sets)
        raise RunError(f'no sample in {TRIES} draws from {names} serves {type(self.frames).__name__}: '
                       'sequences too short, without visible frames, or without usable boxes.')

    def in_work(self) -> list[str]:
        """The samples that the worker processes were making last, by number and first draw."""
        numbers = [int(number) for number in self.current if number >= 0]
        drawn = [self._draw(np.random.default_rng([self.seed, number, 0]), number, 0) for number in numbers]
        return [f'sample {number} ({"redrawn" if draw is None else draw.search})'
                for number, draw in zip(numbers, drawn, strict=True)]

    def _draw(self, rng: np.random.Generator, number: int, attempt: int) -> Draw | None:
        mixture = self.mixture
        if self.samples_per_sequence > 1:
            group = number // self.samples_per_sequence
            mixture = mixture.drawn_by(np.random.default_rng([self.seed, group, attempt, 1]))
        return self.frames.draw(rng, mixture)

    def _cut(self, rng: np.random.Generator, drawn: Draw) -> dict[str, Any] | None:
        first, search = drawn.templates[0], drawn.search
        box = _centred(*first.sequence.frames.size(first.frame)) if search.centred else _box(search)
        cuts = self.jitter.crops(rng, self.crop, [_box(pick) for pick in drawn.templates], box,
                                 search.sequence.frames.size(search.frame))
        if cuts is None:
            return None
        picks, cuts = [*drawn.templates, search], [*cuts[0], cuts[1]]
        fill = self._fill(first)
        crops = [cut(pick.sequence.frames, pick.frame, crop, fill, self.full_decode)
                 for pick, crop in zip(picks, cuts, strict=True)]
        boxes = [crop.to_crop(_box(pick)) for pick, crop in zip(drawn.templates, cuts[:-1], strict=True)]
        boxes.append(cuts[-1].to_crop(box))
        if self.distractors is not None:
            crops[-1] = self.distractors.add(rng, self.mixture, self.crop, crops[-1], boxes[-1])
        crops, boxes = augment(rng, self.augmentations, crops, boxes)
        *z, x = (torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1))) for crop in crops)
        return dict(template=torch.stack(z), search=x, box=torch.from_numpy(boxes[-1].astype(np.float32)),
                    positive=drawn.positive)

    def _fill(self, first: Pick) -> Colour:
        """The colour outside all images of a sample: the template frame's mean, or black."""
        if not self.crop.fill_needs_image:
            return self.crop.fill()
        return self.crop.fill(first.sequence.frames.read(first.frame, 1 if self.full_decode else 8))


class Faults:
    """Counts bad files, says each once, and stops when they are too many.

    Counts and names are shared by the loader's worker processes.

    Args:
        share: the largest share of bad reads that is borne, once 50 were tried.
    """

    def __init__(self, share: float) -> None:
        require(0 <= share <= 1, f'bad_share is a share from 0 to 1, not {share}.')
        self.share, self.lock = share, torch.multiprocessing.get_context('spawn').Lock()
        self.counts = torch.zeros(2, dtype=torch.long).share_memory_()  # tried, bad
        self.said = torch.zeros(MOST_NAMED, dtype=torch.long).share_memory_()  # a number for each message

    def passed(self) -> None:
        """A sample was read."""
        with self.lock:
            self.counts[0] += 1

    def failed(self, error: FrameError | AnnotationError) -> None:
        """A file was bad: it is named once; RunError when there are too many."""
        number = int.from_bytes(hashlib.sha256(str(error).encode()).digest()[:7], 'big') + 1
        with self.lock:
            self.counts += 1
            (tried, bad), named = self.counts.tolist(), int((self.said > 0).sum())
            new = named < MOST_NAMED and not (self.said == number).any()
            if new:
                self.said[named] = number
        if new:
            print(f'left out: {error}', flush=True)
        if tried >= 50 and bad > self.share * tried:
            raise RunError(f'{bad} of {tried} samples met a bad file, more than the {self.share:.0%} allowed '
                           f'(train_dataloader.dataset.bad_share): check the sets with `vtzoo data check`; the last: '
                           f'{error}') from error


def _box(pick: Pick) -> np.ndarray:
    return pick.sequence.boxes[pick.frame]


def _centred(width: int, height: int) -> np.ndarray:
    """The box that stands in for an invisible target: an eighth of the image, in its middle, whole pixels."""
    w, h = width / 8, height / 8
    return np.array([int(width / 2 - w / 2), int(height / 2 - h / 2), int(w), int(h)], np.float64)
