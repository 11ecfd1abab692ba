"""What every backbone promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor

from vtzoo.structures import Spec


class Backbone(BaseModule):
    """Siamese by nature: one image in, one map out.

    A backbone with ``spec.blocks > 0`` also has ``stages``; each stage has ``blocks``, is callable as
    ``stage(images, blocks=n)``: embedding, then its first n blocks, every image alone (None: all of the
    stage), and has ``finish(tokens)``: what follows its last block.

    Args:
        pretrained: weights to start from: a file, 'timm:NAME' for timm's loader, or 'shipped:CONFIG' for the backbone
            of a tracker in the package. None: none. Training loads them before it starts, see
            :func:`vtzoo.checkpoints.pretrained.load_pretrained`.
    """

    references: tuple[str, ...]  # keys of vtzoo/zoo/references.bib
    spec: Spec
    small: Sequence[Mapping[str, Any]] = ({},)  # arguments of a small one, with which tests try every combination
    not_pretrained: tuple[str, ...] = ()  # beginnings of keys that pretrained weights never hold

    def __init__(self, pretrained: str | None = None) -> None:
        super().__init__()
        self.pretrained = pretrained

    def checkpoint_filter(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Pretrained weights under this backbone's own names, as timm's ``checkpoint_filter_fn`` does it.

        Args:
            state: every tensor of a pretrained file, under its authors' names.

        Returns:
            The tensors that this backbone takes, and those it does not know under the names they had: loading says
            which these are. The default is for files that use this backbone's names.
        """
        return dict(state)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, h, w) -> (N, C, H, W)."""
        raise NotImplementedError
