"""A tracker on a GPU, compiled by torch: kernels are fused, and a frame is replayed as a CUDA graph.

A small network spends more time on launching hundreds of kernels than on their arithmetic. A CUDA graph launches all of
them at once, from memory that stays in place.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from vtzoo.models.tracker import Prediction, Tracker
from vtzoo.structures import Boxes, Features, Memory

T = TypeVar('T', bound=NamedTuple)


class CompiledModel(nn.Module):
    """The calls of a tracker, compiled; the first frames of a video take as long as compiling does.

    Args:
        model: with its weights, on the device where it stays.
        half: compute in bfloat16, or in float16 on a GPU that has no bfloat16; else in float32.
        options: of ``torch.compile``, on top of CUDA graphs for fixed shapes.
    """

    def __init__(self, model: Tracker, half: bool = False, **options: Any) -> None:
        super().__init__()
        self.model = model.to(memory_format=torch.channels_last)
        self.half = half
        options = dict(mode='reduce-overhead', dynamic=False) | options
        self._candidates = torch.compile(model.candidates, **options)
        self._score = torch.compile(model.score, **options)
        self.crop, self.data_preprocessor = model.crop, model.data_preprocessor
        self.head, self.confidence = model.head, model.confidence

    def memorize(self, z: Tensor) -> Memory:
        """Templates z (B, T, 3, h, w), normalised. It runs when templates change, and is not compiled."""
        with self._arithmetic(z.device):
            return self.model.memorize(z)

    def candidates(self, x: Tensor, memory: Memory) -> tuple[Features, Boxes]:
        """Search crops x (B, 3, h, w), normalised -> features, which hold until the next call, and the boxes."""
        torch.compiler.cudagraph_mark_step_begin()
        with self._arithmetic(x.device):
            features, boxes = self._candidates(x, memory)
        return features, _copied(boxes)

    def score(self, features: Features, candidates: Boxes, index: Tensor) -> Prediction:
        """Score the candidates chosen by ``index`` (B,)."""
        with self._arithmetic(index.device):
            prediction = self._score(features, candidates, index)
        return _copied(prediction)._replace(candidates=candidates)

    def _arithmetic(self, device: torch.device) -> torch.autocast:
        bfloat = device.type != 'cuda' or torch.cuda.is_bf16_supported()
        return torch.autocast(device.type, torch.bfloat16 if bfloat else torch.float16, enabled=self.half)


def _copied(values: T) -> T:
    """A named tuple whose tensors are its own: those of a CUDA graph are written anew by the next frame."""
    return values._replace(**{name: value.clone() for name, value in values._asdict().items()
                              if isinstance(value, Tensor)})
