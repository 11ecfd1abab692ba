"""Heads and the confidence module. One file each; this list is all that a new one must join."""

from vtzoo.models.heads.base import Head
from vtzoo.models.heads.center_head import CenterHead
from vtzoo.models.heads.corner_head import CornerHead
from vtzoo.models.heads.dense_head import DenseHead
from vtzoo.models.heads.double_head import DoubleHead
from vtzoo.models.heads.query_head import QueryHead
from vtzoo.models.heads.spm import SPM

__all__ = ['SPM', 'CenterHead', 'CornerHead', 'DenseHead', 'DoubleHead', 'Head', 'QueryHead']
