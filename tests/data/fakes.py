"""Small data sets made of numbers, for tests of what is drawn from them."""

import numpy as np

from vtzoo.data.sequence import Dataset, FrameError, TrackingSequence


class FakeFrames:
    """Noise images; those in ``bad`` cannot be read."""

    def __init__(self, name, length, size=(96, 72), bad=()):
        self.name, self.length, self._size, self.bad = name, length, size, set(bad)

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return self.read(index)

    def read(self, index, reduce=1):
        if index in self.bad:
            raise FrameError(f'{self.where(index)} is no readable image.')
        seed = sum(map(ord, self.name)) * 1000 + index
        image = np.random.RandomState(seed).randint(0, 255, (self._size[1], self._size[0], 3)).astype(np.uint8)
        return image[::reduce, ::reduce]

    def size(self, index):
        return self._size

    def where(self, index):
        return f'{self.name}/{index}'


class FakeSet(Dataset):
    """Sequences of given length; ``hidden`` frames are invisible, ``bad`` ones unreadable."""

    def __init__(self, name='fake', sequences=5, length=300, hidden=(), bad=(), video=True):
        self.name, self.split, self.is_video = name, 'train', video
        self.sequences, self.length, self.hidden, self.bad = sequences, length, list(hidden), bad

    def __len__(self):
        return self.sequences

    def __getitem__(self, index):
        name = f'{self.name}{index}'
        boxes = np.tile([30.0, 20.0, 24.0, 18.0], (self.length, 1))
        visible = np.ones(self.length, bool)
        visible[self.hidden] = False
        return TrackingSequence(name, FakeFrames(name, self.length, bad=self.bad), boxes, visible)
