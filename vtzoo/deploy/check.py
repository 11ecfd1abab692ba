"""Whether an exported tracker answers as PyTorch does, on crops of frames."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vtzoo.models.tracker import Tracker
from vtzoo.structures import Boxes, Memory
from vtzoo.synthetic import Synthetic

BOUNDS = dict(fp32=1e-4, fp16=2e-2, bf16=3e-2, int8=2e-1)
"""Largest accepted difference from PyTorch, of boxes in fractions of the search crop and of scores in 0..1."""
CROPS = 8
CELLS = 0.98
"""Share of a map's cells that the bound holds for. Two keys whose logits are equal but for rounding change places in a
top-k attention from one kernel to another, and the few cells that read them differ."""


class Crops(NamedTuple):
    """Normalised crops of one target each. z (N, 3, h, w): templates; x (N, 3, H, W): search crops."""

    z: Tensor
    x: Tensor


class Difference(NamedTuple):
    """The largest absolute difference of one output from PyTorch's over all crops; of a map, see CELLS."""

    what: str
    value: float


def example_crops(crop: Any, count: int = CROPS) -> Crops:
    """Crops of the embedded test split: a sequence each, a template from its first frame, a later search region."""
    from vtzoo.models.preprocessor import Preprocessor

    normalise, pairs = Preprocessor().normalise, []
    for sequence in (Synthetic('test')[i] for i in range(count)):
        seen = [i for i in range(1, len(sequence.boxes)) if sequence.visible[i] and sequence.visible[i - 1]]
        first, later = sequence.frames[0], seen[len(seen) // 2]
        fill = crop.fill(first)
        cuts = (crop.template(sequence.boxes[0]).cut(first, fill),
                crop.search(sequence.boxes[later - 1]).cut(sequence.frames[later], fill))
        pairs.append([normalise(torch.from_numpy(one.transpose(2, 0, 1))) for one in cuts])
    return Crops(*map(torch.stack, zip(*pairs, strict=True)))


@torch.inference_mode()
def compare(model: Tracker, exported: Any, crops: Crops) -> list[Difference]:
    """Hold an :class:`~vtzoo.deploy.exported.ExportedModel` against the model it was made from.

    With one template and one target, then with two templates, then with several targets at once. Boxes are compared
    where the tracker would choose: the best candidate of the model. Of scores and confidences, CELLS of the cells are
    compared.
    """
    worst: dict[str, float] = {}
    for z, x in _cases(crops):
        memory, other = model.memorize(z), exported.memorize(z)
        features, branches = model.read(x, memory)
        expected, (given, found) = model.head.candidates(branches), exported.candidates(x, other)
        chosen = _best(expected)
        for what, a, b in _pairs(expected, found, chosen):
            worst[what] = max(worst.get(what, 0.0), _distance(a, b))
        if model.confidence is not None:
            score, other = (one.score(*values, chosen).score for one, values in (
                (model, (features, expected)), (exported, (given, expected))))
            worst['SPM score'] = max(worst.get('SPM score', 0.0), _distance(score, other))
    return [Difference(*item) for item in worst.items()]


def _cases(crops: Crops) -> list[tuple[Tensor, Tensor]]:
    pairs = [(z[None, None], x[None]) for z, x in zip(*crops, strict=True)]
    two = torch.stack([crops.z[0], crops.z[1]])[None]
    return [*pairs, (two, crops.x[:1]), (crops.z[:3, None], crops.x[:3])]


def _best(boxes: Boxes) -> Tensor:
    scores = boxes.scores if boxes.scores is not None else boxes.boxes.new_zeros(boxes.boxes.shape[:2])
    return scores.argmax(1)


def _pairs(expected: Boxes, found: Boxes, chosen: Tensor) -> list[tuple[str, Tensor, Tensor]]:
    pairs = [('boxes', expected.at(chosen).boxes, found.at(chosen).boxes)]
    for name, value in expected._asdict().items():
        if not isinstance(value, Tensor) or name in ('boxes', 'points'):
            continue
        other = getattr(found, name)
        pairs.append((name, value.sigmoid(), other.sigmoid()) if name == 'scores' else (name, value, other))
    return pairs


def _distance(a: Tensor, b: Tensor) -> float:
    difference = np.abs(a.numpy().astype(np.float64) - b.numpy())
    if not np.isfinite(difference).all():
        return float('inf')
    many = difference.ndim == 2 and difference.shape[1] > 1
    return float(np.quantile(difference, CELLS, axis=1).max() if many else difference.max())


def memory_inputs(memory: Memory) -> dict[str, np.ndarray]:
    """A memory as the inputs of the graph ``read``."""
    return dict(z_maps=memory.z.numpy()) | {f'kv{i}': one.numpy() for i, one in enumerate(memory.kv)}
