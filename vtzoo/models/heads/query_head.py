"""Query head: one learnable token reads the search region and becomes the box.

Source: MixFormer, section 3.2 ("query-based head"). The released code never wires the token, so the
paper's description is the specification: it joins the last stage's sequence, then three linear layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vtzoo.models.heads.base import Head
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes, Features, Spec


def mlp(dim: int, out: int) -> nn.Sequential:
    """Three linear layers with ReLU between."""
    return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, out))


@HEADS.register_module()
class QueryHead(Head):
    """A regression token, carried by the fusion, and a 3-layer MLP.

    Args:
        spec, size: see :class:`Head`.

    Shape:
        Features.q (B, 1, D) -> {'box': Boxes} with boxes (B, 1, 4).
    """

    gives = frozenset({'boxes'})
    needs_tokens = True
    references = ('cui2022mixformer',)

    def __init__(self, spec: Spec, size: int) -> None:
        super().__init__(spec, size)
        self.token = nn.Parameter(torch.zeros(1, 1, spec.token_channels))
        nn.init.trunc_normal_(self.token, std=0.02)
        self.mlp = mlp(spec.token_channels, 4)

    def queries(self, batch: int) -> Tensor:
        return self.token.expand(batch, -1, -1)

    def predict(self, features: Features) -> dict[str, Boxes]:
        return {'box': Boxes(self.mlp(features.q).sigmoid())}
