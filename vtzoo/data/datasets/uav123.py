"""UAV123 (Mueller et al., ECCV 2016): aerial videos, several sequences cut from one folder."""

from __future__ import annotations

from vtzoo.data.datasets.tabulated import Tabulated
from vtzoo.data.declared import Judges
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class UAV123(Tabulated):
    """UAV123. Boxes x y w h; NaN in all four: absent or out of view.

    Args:
        split: 'test' (123).
        root: the data root.
    """

    title, name, table = 'UAV123', 'uav123', 'uav123'
    paper = 'mueller2016uav123'
    benchmarks = (Judges('uav123', 'UAV123', None, 'uav123'),)
    folders = ('uav123', 'UAV123', 'uav', 'UAV')
    holds = 'anno/UAV123'
    signs = (holds,)
    splits = ('test',)
