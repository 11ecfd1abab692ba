"""GOT-10k (Huang et al., TPAMI 2021): train/, val/ and test/ with a list.txt each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtzoo.data.roots import find_set
from vtzoo.data.sequence import Dataset, FolderFrames, Sequence
from vtzoo.registry import DATASETS


@DATASETS.register_module()
class GOT10k(Dataset):
    """GOT-10k.

    Args:
        split: 'train', 'val' or 'test'.
        root: the data root, see :mod:`vtzoo.data.roots`.
    """

    name, protocol = 'got10k', 'got10k'
    folders = ('got10k', 'GOT-10k', 'GOT10k', 'GOT-10K', 'got-10k')

    def __init__(self, split: str = 'train', root: str | Path | None = None) -> None:
        self.split = split
        self.folder = find_set(root, self.folders, 'GOT-10k') / ('val' if split == 'val' else 'train')
        self.names = (self.folder / 'list.txt').read_text().split()

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sequence:
        folder = self.folder / self.names[index]
        names = sorted(path.name for path in folder.iterdir() if path.suffix == '.jpg')
        boxes = np.loadtxt(folder / 'groundtruth.txt', delimiter=',', ndmin=2)
        cover, absent = (np.loadtxt(folder / f'{label}.label', dtype=int, ndmin=1) for label in ('cover', 'absence'))
        visible = (absent == 0) & (cover > 0) & (boxes[:, 2:] > 0).all(1)
        return Sequence(folder.name, FolderFrames(folder, names), boxes, visible, dict(cover=cover))
