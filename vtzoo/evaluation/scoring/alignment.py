"""A prediction beside the truth, as a protocol sees the two: lengths, bad predictions, the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vtzoo.evaluation.scoring.protocols import Protocol


class RefusedError(ValueError):
    """What a protocol does not score; says why."""


@dataclass(frozen=True)
class Truth:
    """What a sequence is judged by, as its set's own files have it.

    Args:
        boxes: (F, 4) x y w h in the set's own coordinates.
        absent: (F,) bool, flagged by the set (GOT-10k: cover label 0); None: the set has no flags.
        size: width and height of the image, for protocols that clip.
    """

    boxes: np.ndarray
    absent: np.ndarray | None = None
    size: tuple[int, int] | None = None


class Aligned(NamedTuple):
    """A prediction and the truth frame by frame: boxes and truth (4, n), a row for each of x, y, w, h; absent (n,)
    bool or None; size (width, height) or None."""

    boxes: np.ndarray
    truth: np.ndarray
    absent: np.ndarray | None
    size: tuple[int, int] | None


def align(rules: Protocol, truth: Truth, boxes: np.ndarray) -> Aligned:
    """Settle lengths, bad predictions and the first frame.

    Args:
        boxes: (n, 4) x y w h; n is not always the truth's.

    Raises:
        RefusedError: the protocol stops here; says why.
    """
    frames = len(truth.boxes)
    if (len(boxes) > frames and rules.long == 'error') or (len(boxes) < frames and rules.short == 'error'):
        raise RefusedError(f'{len(boxes)} boxes for {frames} frames')
    if rules.clipped and truth.size is None:
        raise RefusedError('the size of its images is not known')
    target, absent = np.ascontiguousarray(truth.boxes.T), truth.absent
    if rules.nan_truth == 'error' and np.isnan(target.sum()):
        raise RefusedError(f'the truth is NaN in {np.isnan(target).any(0).sum()} frames')
    boxes = _mend(rules, np.array(boxes[:frames].T, order='C'), target)
    if (short := frames - boxes.shape[1]) > 0:
        if rules.short == 'cut':
            target, absent = target[:, :-short], None if absent is None else absent[:-short]
        else:
            boxes = np.pad(boxes, ((0, 0), (0, short)), constant_values=0 if rules.short == 'zeros' else np.nan)
    if rules.first == 'truth':
        boxes[:, :1] = target[:, :1]
    if rules.first == 'dropped':
        boxes, target, absent = boxes[:, 1:], target[:, 1:], None if absent is None else absent[1:]
    return Aligned(boxes, target, absent, truth.size)


def _mend(rules: Protocol, boxes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, n) -> (4, n) in which bad predictions are refused, repeated, made misses (NaN), or left alone."""
    bad = bad_predictions(boxes)
    for kind in rules.refused:
        if kind in bad:
            raise RefusedError(describe(kind, bad[kind]))
    if repeated := [bad[kind] for kind in rules.repeated if kind in bad]:
        frames = boxes.shape[1]
        repeat = np.any(repeated, 0) & ~np.isnan(target[:, :frames]).any(0)
        source = np.where(repeat, 0, np.arange(frames))  # frame 0 stands for itself, bad or not
        boxes = boxes[:, np.maximum.accumulate(source)]
    if missed := [bad[kind] for kind in rules.missed if kind in bad]:
        boxes[:, np.any(missed, 0)] = np.nan
    return boxes


def bad_predictions(boxes: np.ndarray) -> dict[str, np.ndarray]:
    """(4, n) -> kind ('nan', 'negative', 'zero') -> (n,) bool, of the kinds that occur."""
    size = boxes[2:]
    if size.min(initial=1) > 0 and not np.isnan(boxes[:2].sum()):
        return {}
    kinds = {'nan': np.isnan(boxes).any(0), 'negative': (size < 0).any(0), 'zero': (size == 0).any(0)}
    return {kind: where for kind, where in kinds.items() if where.any()}


def describe(kind: str, where: np.ndarray) -> str:
    """'3 predictions are NaN, the first in frame 7 (from 0)'."""
    what = 'NaN' if kind == 'nan' else f'of {kind} width or height'
    count = where.sum()
    return f'{count} prediction{"s are" if count > 1 else " is"} {what}, the first in frame {where.argmax()} (from 0)'


def oddities(boxes: np.ndarray, truth: Truth) -> list[str]:
    """What is wrong with a result's boxes (n, 4), whatever a protocol makes of it."""
    found = [describe(kind, where) for kind, where in bad_predictions(boxes.T).items()]
    if len(boxes) != len(truth.boxes):
        found.insert(0, f'{len(boxes)} boxes for {len(truth.boxes)} frames')
    return found
