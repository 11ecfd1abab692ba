"""Overlap and centre errors of each frame, in each toolkit's own order of operations.

Inside, boxes are (4, n): x, y, w, h, each a row of n frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtzoo.evaluation.scoring.alignment import Aligned
from vtzoo.evaluation.scoring.protocols import Protocol


class Frames(NamedTuple):
    """Measures of n frames that count, each (n,) or, where the protocol does not report it, None.

    overlap; error of the centre in pixels; norm_error, by the truth's size; covered: the prediction's numbers add up
    to more than 0; valid: so is the truth. counted (F,) bool: which of all frames they are.
    """

    overlap: np.ndarray
    error: np.ndarray | None
    norm_error: np.ndarray | None
    covered: np.ndarray | None
    valid: np.ndarray
    counted: np.ndarray


def measure(rules: Protocol, item: Aligned) -> Frames:
    """Measure the frames of a sequence."""
    p, g = transform(rules, item.boxes, item.size), transform(rules, item.truth, item.size)
    with np.errstate(divide='ignore', invalid='ignore'):
        overlap = overlaps(rules, p, g)
        error, norm_error, centred, norm_centred = errors(rules, p, g)
    covered = p.sum(0) > 0 if 'covered' in rules.reported else None
    valid, counted = _valid(rules, g), np.ones(len(overlap), bool)
    absent = ~counted if item.absent is None else item.absent
    if rules.absent in ('invalid', 'miss'):
        valid = valid & ~absent
    if rules.absent == 'dropped':
        counted = counted & ~absent
    if rules.invalid == 'dropped':
        counted = counted & valid
    else:
        overlap[~valid] = -1
        masks = (centred, norm_centred) if rules.valid_centre else (valid, valid)
        for values, good, kind in zip((error, norm_error), masks, rules.invalid, strict=True):
            if values is not None:
                values[~good] = -1 if kind == 'hit' else np.inf
                if rules.absent == 'miss':
                    values[absent] = np.inf
    measures = (overlap, error, norm_error, covered, valid)
    if not counted.all():
        measures = (None if values is None else values[counted] for values in measures)
    return Frames(*measures, counted)


def transform(rules: Protocol, boxes: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """Boxes as the toolkit holds them: rounded, passed through corners, clipped to the image."""
    if rules.rounded:
        boxes = np.round(boxes)
    if rules.corners is not None:
        near, far = boxes[:2] + rules.corners, boxes[:2] + boxes[2:] + rules.corners
        boxes = np.concatenate([near, far - near])
    if rules.clipped:
        bounds = np.array(size, float)[:, None]
        near = np.minimum(np.maximum(boxes[:2], 0), bounds)
        boxes = np.concatenate([near, np.minimum(np.maximum(boxes[2:], 0), bounds - near)])
    return boxes


def overlaps(rules: Protocol, p: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Intersection over union (n,) of predictions p and truths g; with whole pixels it may exceed 1 by rounding."""
    p_far, g_far = p[:2] + p[2:], g[:2] + g[2:]
    if rules.pixel:
        p_far, g_far = p_far - 1, g_far - 1
    side = np.minimum(p_far, g_far) - np.maximum(p[:2], g[:2])
    if rules.pixel:
        side += 1
    side = np.maximum(side, 0)
    intersection = side[0] * side[1]
    union = p[2] * p[3] + g[2] * g[3] - intersection
    if rules.guard:
        union += rules.guard
    overlap = intersection / union
    return overlap if rules.pixel else np.clip(overlap, 0, 1)


def errors(rules: Protocol, p: np.ndarray, g: np.ndarray) -> tuple[np.ndarray | None, ...]:
    """-> centre error in pixels, normalised error, whether the truth's centre is > 0 in either; each (n,) or None."""
    if not rules.reported & {'precision', 'norm_precision'}:
        return None, None, None, None
    p_centre, g_centre = _centre(rules, p), _centre(rules, g)
    apart, centred = p_centre - g_centre, (g_centre > 0).all(0) if rules.valid_centre else None
    if 'norm_precision' not in rules.reported:
        return _length(apart), None, centred, None
    size = g[2:]
    if rules.norm == 'products':
        squares = apart / size * apart / size
        return _length(apart), np.sqrt(squares[0] + squares[1]), centred, centred
    if rules.norm == 'distance':
        return _length(apart), _length(apart / np.maximum(1, size)), centred, centred
    size = size + 1e-16 if rules.norm == 'guarded' else size
    g_scaled = g_centre / size
    norm_centred = (g_scaled > 0).all(0) if rules.valid_centre else None
    return _length(apart), _length(p_centre / size - g_scaled), centred, norm_centred


def _centre(rules: Protocol, boxes: np.ndarray) -> np.ndarray:
    """(2, n)."""
    if rules.centre == 'corners':
        return (boxes[:2] + (boxes[:2] + boxes[2:])) / 2
    return boxes[:2] + (boxes[2:] + (1 if rules.centre == 'w+1' else -1)) / 2


def _length(vectors: np.ndarray) -> np.ndarray:
    """(2, n) -> (n,). By np.power, as got10k has it: before numpy 2 its last digit is not that of a product."""
    return np.sqrt(np.power(vectors[0], 2) + np.power(vectors[1], 2))


def _valid(rules: Protocol, truth: np.ndarray) -> np.ndarray:
    """(4, n) -> (n,) bool."""
    if rules.valid == 'any':
        return np.ones(truth.shape[1], bool)
    if rules.valid == 'known':
        return ~np.isnan(truth).any(0)
    return ((truth if rules.valid == 'positive' else truth[2:]) > 0).all(0)
