"""Which samples a process draws, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from vtzoo.registry import DATA_SAMPLERS
from vtzoo.utils.require import require


@DATA_SAMPLERS.register_module()
class EpochSampler(Sampler):
    """Numbers of the samples of an epoch, shared out over processes batch by batch; epochs have different numbers.

    Args:
        dataset: as long as an epoch, all processes together.
        batch_size: of one process.
        seed: not used: what a number means is the data set's affair.
        rank, world_size: of this process; None: as torch.distributed says.

    Raises:
        ValueError: an epoch does not fill one batch.
    """

    def __init__(self, dataset: Sized, batch_size: int = 1, seed: int | None = None, rank: int | None = None,
                 world_size: int | None = None) -> None:
        own, world = get_dist_info()
        self.rank, self.world_size = own if rank is None else rank, world if world_size is None else world_size
        require(isinstance(batch_size, int), f'train_dataloader.batch_size is a whole number, not {batch_size!r}.')
        self.samples, self.batch_size, self.whole = len(dataset), batch_size, batch_size * self.world_size
        require(self.whole > 0 and self.samples >= self.whole,
                f'an epoch of {self.samples} samples does not fill one batch of {batch_size} in {self.world_size} '
                'process(es): write a smaller train_dataloader.batch_size or more train_dataloader.dataset.samples.')
        self.epoch, self.skip = 0, 0

    def begin(self, epoch: int, skip: int) -> None:
        """Of which epoch the next pass gives the numbers, and how many batches it leaves out."""
        self.epoch, self.skip = epoch, skip

    def set_epoch(self, epoch: int) -> None:
        """What mmengine's own loops call."""
        self.begin(epoch, 0)

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.samples
        usable = self.samples // self.whole * self.whole
        return iter(range(first + self.skip * self.whole + self.rank, first + usable, self.world_size))

    def __len__(self) -> int:
        return self.samples // self.whole * self.batch_size
