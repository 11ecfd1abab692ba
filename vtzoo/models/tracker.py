"""The tracker model: the only place where the parts are wired together.

Everything it does is two calls: memorize the templates once, then read each search crop against
that memory. Training runs the very same two calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from vtzoo.boxes import cxcywh_to_xyxy, iou
from vtzoo.models.checks import check_confidence, check_frozen, check_losses
from vtzoo.models.heads.base import check_head
from vtzoo.models.losses import CrossEntropyLoss
from vtzoo.registry import BACKBONES, CONFIDENCES, CROPS, FUSIONS, HEADS, LOSSES, MODELS, TRACKERS, build
from vtzoo.structures import Boxes, Features, Memory, Target


class Prediction(NamedTuple):
    """The chosen box of each search crop.

    box (B, 4) cx cy w h, 0..1; score (B,) 0..1: of the confidence module, else the head's confidence in this box,
    else None; index (B,): which of the candidates; candidates: all of them.
    """

    box: Tensor
    score: Tensor | None
    index: Tensor
    candidates: Boxes


def best(boxes: Boxes) -> Tensor:
    """The highest score; the only box where there is one."""
    if boxes.scores is None:
        return torch.zeros(len(boxes.boxes), dtype=torch.long, device=boxes.boxes.device)
    return boxes.scores.argmax(1)


@TRACKERS.register_module()
class Tracker(BaseModel):
    """Backbone, fusion, head, losses, and a confidence module if there is one.

    Args:
        crop: how templates and search crops are cut (see :mod:`vtzoo.data.crops`).
        backbone, fusion, head: configs of the parts.
        losses: loss configs; None: the head's own.
        confidence: config of the SPM; then this is stage 2, in which nothing else trains.
        frozen: parts that do not train and stay in evaluation mode; None: none, in stage 2 all others.
        data_preprocessor: from bytes to the network's input; None: ImageNet's mean and deviation.
    """

    def __init__(self, crop: dict, backbone: dict, fusion: dict, head: dict, losses: Sequence[dict] | None = None,
                 confidence: dict | None = None, frozen: Sequence[str] | None = None,
                 data_preprocessor: dict | None = None) -> None:
        super().__init__(data_preprocessor=build(MODELS, data_preprocessor or dict(type='Preprocessor')))
        self.crop = build(CROPS, crop)
        self.backbone = build(BACKBONES, backbone, sizes=(self.crop.template_size, self.crop.search_size))
        self.fusion = build(FUSIONS, fusion, spec=self.backbone.spec)
        self.head = build(HEADS, head, spec=self.fusion.spec, size=self.crop.search_size)
        check_head(self.head)
        self.losses = nn.ModuleList(build(LOSSES, term) for term in losses or self.head.default_losses())
        self.confidence = build(CONFIDENCES, confidence, spec=self.fusion.spec) if confidence else None
        self.confidence_loss = CrossEntropyLoss()
        if frozen is None:
            frozen = ('backbone', 'fusion', 'head') if confidence else ()
        self.frozen = (frozen,) if isinstance(frozen, str) else tuple(frozen)
        check_losses(self.head, self.losses)
        check_frozen(self.frozen, self.confidence is not None)
        check_confidence(self.frozen, self.confidence is not None)
        for part in self.frozen:
            getattr(self, part).requires_grad_(False)

    def train(self, mode: bool = True) -> Tracker:
        super().train(mode)
        for part in self.frozen:
            getattr(self, part).eval()
        return self

    def memorize(self, z: Tensor) -> Memory:
        """Templates z (B, T, 3, h, w), normalised, the first one first; the order of the others is free."""
        return self.fusion.memorize(self.backbone, z)

    def read(self, x: Tensor, memory: Memory) -> tuple[Features, dict[str, Boxes]]:
        """Search crops x (B, 3, h, w), normalised -> features, and the boxes of each branch of the head."""
        features = self.fusion(self.backbone, x, memory, self.head.queries(len(x)))
        return features, self.head(features)

    def loss(self, z: Tensor, x: Tensor, target: Target) -> dict[str, Tensor]:
        """-> {'loss_...': weighted scalars, 'iou': mean over positives of the best box, for the log}."""
        features, branches = self.read(x, self.memorize(z))
        losses = {}
        if 'head' not in self.frozen:
            for name, boxes in branches.items():
                for term in self.losses:
                    key = '_'.join(part for part in ('loss', name, term.name) if part != 'box')
                    losses[key] = term.weight_of(name) * term(boxes, target)
        if self.confidence is not None:  # pooled at the truth, as released
            logits = self.confidence(features, target.box)
            losses['loss_confidence'] = self.confidence_loss(Boxes(target.box[:, None], logits[:, None]), target)
        return losses | {'iou': self._iou(branches, target)}

    @torch.no_grad()
    def _iou(self, branches: dict[str, Boxes], target: Target) -> Tensor:
        candidates = self.head.candidates(branches)
        chosen = candidates.at(best(candidates)).boxes[:, 0]
        overlap = iou(cxcywh_to_xyxy(chosen), cxcywh_to_xyxy(target.box).clamp(0, 1)) * target.positive
        return overlap.sum() / target.positive.sum().clamp_min(1)

    def candidates(self, x: Tensor, memory: Memory) -> tuple[Features, Boxes]:
        """Read search crops x (B, 3, h, w) -> features, and the boxes to choose from, (B, N, 4)."""
        features, branches = self.read(x, memory)
        return features, self.head.candidates(branches)

    def score(self, features: Features, candidates: Boxes, index: Tensor) -> Prediction:
        """Score the candidates chosen by ``index`` (B,)."""
        chosen = candidates.at(index)
        box = chosen.boxes[:, 0]
        if self.confidence is not None:
            score = self.confidence(features, box).sigmoid()
        else:
            score = None if chosen.confidence is None else chosen.confidence[:, 0]
        return Prediction(box, score, index, candidates)

    def track(self, x: Tensor, memory: Memory) -> Prediction:
        """Candidates, the best of them, its score."""
        features, candidates = self.candidates(x, memory)
        return self.score(features, candidates, best(candidates))

    def forward(self, template: Tensor, search: Tensor, box: Tensor | None = None, positive: Tensor | None = None,
                id: Sequence[str] = (), mode: str = 'loss') -> Any:
        """What mmengine calls with a preprocessed batch: 'loss' for training, 'predict' for a Prediction.

        Raises:
            FloatingPointError: a loss is not a finite number; names it and the samples.
        """
        if mode == 'loss':
            losses = self.loss(template, search, Target(box, positive))
            _demand_finite(losses, id)
            return losses
        return self.track(search, self.memorize(template))


def _demand_finite(losses: dict[str, Tensor], samples: Sequence[str]) -> None:
    """One look at all losses together: one synchronisation a step."""
    if not torch.stack([loss.detach() for loss in losses.values()]).isfinite().all():
        bad = ', '.join(f'{name} is {loss.item()}' for name, loss in losses.items() if not loss.isfinite())
        raise FloatingPointError(f'{bad} for the samples {"; ".join(samples) or "given"}.')
