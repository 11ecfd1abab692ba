"""Contact sheets of training samples: what a config really sees, and what a model says to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch

from vtzoo.inference.video import draw

TRUE, PREDICTED, NEGATIVE = (255, 255, 255), (60, 220, 60), (235, 70, 60)
GAP = 3


def sample_picture(sample: dict[str, Any], predicted: Sequence[float] | None = None) -> np.ndarray:
    """One sample: its templates in a column, its search crop with the true box, and a predicted one.

    Args:
        sample: template (T, 3, h, w) uint8, search (3, H, W) uint8, box (4,) cx cy w h in 0..1, positive bool.
        predicted: cx cy w h in 0..1, or none.

    Returns:
        (H, W', 3) uint8 RGB. A negative pair has a red frame and no true box.
    """
    search = np.ascontiguousarray(sample['search'].permute(1, 2, 0).numpy())
    positive, side = bool(sample['positive']), len(search)
    for box, colour in ((sample['box'] if positive else None, TRUE), (predicted, PREDICTED)):
        if box is not None:
            cx, cy, w, h = (float(value) * side for value in box)
            search = draw(search, (cx - w / 2, cy - h / 2, w, h), colour=colour)
    if not positive:
        cv2.rectangle(search, (0, 0), (side - 1, side - 1), NEGATIVE, max(2, side // 48))
    rows = max(2, len(sample['template']))
    column = np.full((side, side // rows, 3), 255, np.uint8)
    for i, template in enumerate(sample['template']):
        small = cv2.resize(template.permute(1, 2, 0).numpy(), (side // rows,) * 2, interpolation=cv2.INTER_AREA)
        column[i * side // rows:i * side // rows + len(small)] = small
    return np.hstack([column, search])


def contact_sheet(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Pictures of one size, row by row on white -> (h, w, 3) uint8."""
    h, w = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (h + GAP) + GAP, columns * (w + GAP) + GAP, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = GAP + i // columns * (h + GAP), GAP + i % columns * (w + GAP)
        sheet[y:y + h, x:x + w] = picture
    return sheet


@torch.no_grad()
def predicted_sheet(model: torch.nn.Module, batch: dict[str, Any]) -> np.ndarray:
    """A batch of training samples, one below another, with the model's boxes -> (h, w, 3) uint8 RGB."""
    training = model.training
    model.eval()
    boxes = model(**model.data_preprocessor(batch), mode='predict').box.cpu()
    model.train(training)
    names = ('template', 'search', 'box', 'positive')
    return contact_sheet([sample_picture(dict(zip(names, sample, strict=True)), box) for *sample, box in
                          zip(*(batch[name] for name in names), boxes, strict=True)], 1)
