"""20,000 frames through everything: memory stays what it was."""

import resource
import sys

import numpy as np
import pytest

from vtzoo.inference.follow import USUAL, Follower
from vtzoo.inference.outputs import Outputs, Results
from vtzoo.inference.recorder import Recorder
from vtzoo.inference.sources import Stills

FRAMES, WARM = 20_000, 1_000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='memory in use is read from /proc')
def test_memory_is_constant(online, images, tmp_path, capsys):
    def in_use():
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2 ** 20

    used = {}

    def frames():
        for i in range(FRAMES):
            if i in (WARM, FRAMES - 1):
                used[i] = in_use()
            yield images[i % len(images)]

    source = Stills(frames(), 'frames')
    boxes = {'one': (30, 20, 20, 16), 'two': (5, 5, 20, 20)}
    results = Results(Outputs(), tmp_path / 'a.csv', 'csv', list(boxes))
    recorder = Recorder(source, Follower(online(), boxes, USUAL), results, None, None, list(boxes))
    assert recorder.run(source.frames()) == 0
    assert used[FRAMES - 1] - used[WARM] < 20, used
    with open(tmp_path / 'a.csv') as file:
        assert sum(1 for _ in file) == 2 * FRAMES + 1
    assert np.isfinite(recorder.follower.targets.targets['one'].box).all()
