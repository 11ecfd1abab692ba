"""What every fusion promises: to memorize templates once, and to read search crops against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from vtzoo.structures import Features, Memory, Spec


class Fusion(BaseModule):
    """How template and search region meet. It conducts the backbone: it decides how both travel.

    Built with the backbone's spec; gives its own to the head. Training and tracking run the same two
    calls, so what is memorized once equals what is computed anew.
    """

    references: tuple[str, ...]  # keys of vtzoo/zoo/references.bib
    spec: Spec
    small: Sequence[Mapping[str, Any]] = ({},)  # arguments of small ones, with which tests try every combination
    words: Mapping[str, str] = MappingProxyType({})
    """What `vtzoo explain` and `vtzoo visualize` call the layers in an attribute, such as dict(own='mixing block')."""

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        """Templates z (B, T, 3, h, w), normalised, as far as they alone determine anything."""
        raise NotImplementedError

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        """Search crops x (B, 3, h, w), normalised, read against a memory; query tokens q (B, Q, D)."""
        raise NotImplementedError


def per_image(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """A function of images (N, ...) over (B, M, ...): every image alone."""
    return function(images.flatten(0, 1)).unflatten(0, images.shape[:2])
