"""NFS: the annotation tool's text at two rates, and pytracking's form."""

import pytest

from tests.data.datasets import layouts
from vtzoo.data.datasets import NFS
from vtzoo.data.sequence import AnnotationError

NAME = 'Gymnastics'


def vatic(frame, lost=0, occluded=0):
    return f'0 {10 + frame} 20 {40 + frame} 60 {frame} {lost} {occluded} 1 "person"'


def original(home, count=3, lines=None):
    layouts.write(home / NAME / f'30/{NAME}.txt', lines or [vatic(i, lost=int(i == 9), occluded=int(i == 17))
                                                           for i in range(1, 8 * count + 1)])
    layouts.frames(home / NAME / '30' / NAME, '%05d.jpg', 1, count)
    layouts.write(home / NAME / f'240/{NAME}.txt', [vatic(i) for i in range(1, 25)])
    layouts.frames(home / NAME / '240' / NAME, '%05d.jpg', 1, 24)


def test_thirty_frames_a_second_count_at_240(tmp_path):
    original(tmp_path / 'nfs')
    (sequence,) = NFS('nfs30', tmp_path).read(NAME)
    assert sequence.boxes.tolist() == [[11, 20, 30, 40], [19, 20, 30, 40], [27, 20, 30, 40]]
    assert sequence.visible.tolist() == [True, False, False]  # lost; occluded
    assert sequence.attributes['lost'].tolist() == [False, True, False]
    assert len(NFS('nfs240', tmp_path).read(NAME)[0]) == 24


def test_one_box_more_or_less_is_cut_and_more_is_refused(tmp_path):
    for boxes, frames in ((4, 3), (3, 4)):
        home = tmp_path / f'{boxes}' / 'nfs'
        original(home, frames, [vatic(i) for i in range(1, 8 * boxes + 1)])
        sequence = NFS('nfs30', home.parent).read(NAME)[0]
        assert len(sequence) == len(sequence.frames) == 3
    home = tmp_path / 'far' / 'nfs'
    original(home, 3, [vatic(i) for i in range(1, 41)])
    with pytest.raises(AnnotationError, match='has 5 boxes for 3 frames'):
        NFS('nfs30', home.parent).read(NAME)


def test_the_repacked_form(tmp_path):
    layouts.frames(tmp_path / f'nfs/sequences/{NAME}', '%05d.jpg', 1, 3)
    layouts.write(tmp_path / f'nfs/anno/nfs_{NAME}.txt', layouts.rows(3, '\t'))
    data = NFS('nfs30', tmp_path)
    assert data.read(NAME)[0].boxes[2].tolist() == [7, 6, 20, 15]
    assert len(data) == 100
    with pytest.raises(FileNotFoundError, match=r"30 frames a second only: use split='nfs30'"):
        NFS('nfs240', tmp_path)
