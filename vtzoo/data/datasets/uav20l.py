"""UAV20L (Mueller et al., ECCV 2016): long videos over the frames of UAV123."""

from __future__ import annotations

from vtzoo.data.datasets.uav123 import UAV123
from vtzoo.data.declared import Judges
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class UAV20L(UAV123):
    """UAV20L. Laid out as UAV123, whose frames it shares.

    Args:
        split: 'test' (20).
        root: the data root.
    """

    title, name, table = 'UAV20L', 'uav20l', 'uav20l'
    benchmarks = (Judges('uav20l', 'UAV20L', None, 'uav123'),)
    holds = 'anno/UAV20L'
    signs = (holds,)
