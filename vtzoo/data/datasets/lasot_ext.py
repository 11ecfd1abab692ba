"""LaSOT's extension (Fan et al., IJCV 2021): 15 new classes, for testing."""

from __future__ import annotations

from pathlib import Path

from vtzoo.data.datasets.lasot import LaSOT
from vtzoo.data.declared import Judges
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class LaSOTExt(LaSOT):
    """LaSOT's extension, laid out as LaSOT.

    Whether its boxes are 0- or 1-based is not settled: readers disagree. They are handed on as they are.

    Args:
        split: 'test' (150).
        root: the data root.
    """

    title, name, base = 'LaSOT extension', 'lasot_ext', 0
    paper = 'fan2021lasot'
    benchmarks = (Judges('lasot_ext', 'LaSOT extension', None, 'lasot'),)
    folders = ('lasot_ext', 'LaSOT_ext', 'lasot_extension_subset', 'LaSOT_extension_subset', 'LaSOT_Extension',
               'lasot_extension')
    splits = ('test',)

    def __init__(self, split: str = 'test', root: str | Path | None = None) -> None:
        super().__init__(split, root)
