"""Fusions: how template and search region meet. One file each; this list is all that a new one must join."""

from vtzoo.models.fusions.base import Fusion
from vtzoo.models.fusions.cross_attention import CrossAttention
from vtzoo.models.fusions.mam import MAM, AsymmetricMAM
from vtzoo.models.fusions.pixel_correlation import PixelCorrelation
from vtzoo.models.fusions.sparse_encoder_decoder import SparseEncoderDecoder

__all__ = ['MAM', 'AsymmetricMAM', 'CrossAttention', 'Fusion', 'PixelCorrelation', 'SparseEncoderDecoder']
