"""Pixel-wise correlation of template and search maps (Alpha-Refine, Yan et al., CVPR 2021; LightTrack, same year)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.fusions.base import Fusion, per_image
from vtzoo.registry import FUSIONS
from vtzoo.structures import Features, Memory, Spec


@FUSIONS.register_module()
class PixelCorrelation(Fusion):
    """Every template cell is a 1x1 kernel over the search map: as many maps of likeness as there are cells.

    They say where each part of the object is, so the head can read the extent from them. The search map joins them,
    weighted channel by channel by what the middle of the template shows. Several templates: the mean of their maps.

    Args:
        spec: of the backbone.
        cells: side of the template's map in cells.
        dim: channels of the embedding and of the output.

    Shape:
        Features.x (B, dim, Hx, Wx), .z (B, T, dim, Hz, Wz).
    """

    references = ('yan2021alpharefine', 'yan2021lighttrack')
    small = (dict(cells=4, dim=32),)

    def __init__(self, spec: Spec, cells: int = 13, dim: int = 96) -> None:
        super().__init__()
        self.cells = cells
        self.embed_z = nn.Sequential(nn.Conv2d(spec.channels, dim, 1, bias=False), nn.BatchNorm2d(dim))
        self.embed_x = nn.Sequential(nn.Conv2d(spec.channels, dim, 1, bias=False), nn.BatchNorm2d(dim))
        self.gate = nn.Linear(dim, dim)
        self.norm = nn.BatchNorm2d(cells * cells)
        self.mix = nn.Sequential(nn.Conv2d(cells * cells + dim, dim, 1, bias=False), nn.BatchNorm2d(dim),
                                 nn.ReLU(inplace=True))
        self.spec = Spec(dim, dim, spec.stride)
        self.to(memory_format=torch.channels_last)  # a sixth faster on a CPU

    def memorize(self, backbone: nn.Module, z: Tensor) -> Memory:
        z = per_image(lambda images: self.embed_z(backbone(images)), z)
        return Memory(z)

    def forward(self, backbone: nn.Module, x: Tensor, memory: Memory, q: Tensor | None = None) -> Features:
        x = self.embed_x(backbone(x))
        kernels = memory.z.mean(1)
        if kernels.shape[-2:] != (self.cells, self.cells):
            kernels = F.interpolate(kernels, (self.cells, self.cells), mode='bilinear', align_corners=True)
        likeness = torch.einsum('bckl,bchw->bklhw', kernels, x).flatten(1, 2) / x.shape[1] ** 0.5
        a, b = self.cells // 4, self.cells - self.cells // 4
        gate = self.gate(kernels[..., a:b, a:b].mean((2, 3))).sigmoid()
        return Features(self.mix(torch.cat([self.norm(likeness), x * gate[..., None, None]], 1)), memory.z)
