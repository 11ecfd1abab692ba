"""Sets are found as people unpack them, and one that is not found says what was looked for."""

import shutil

import pytest

from tests.data.datasets import layouts, test_images, test_nfs, test_tabulated, test_vot2020
from vtzoo.cli import main
from vtzoo.data.check import find_readers
from vtzoo.data.datasets import (
    COCO,
    NFS,
    OTB,
    UAV123,
    VOT2020,
    GOT10k,
    LaSOT,
    LaSOTExt,
    TrackingNet,
    UAV123At10FPS,
)


def move(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


@pytest.mark.parametrize('inner', [
    'lasot/airplane/airplane-1', 'lasot/airplane-1', 'LaSOTBenchmark/airplane/airplane-1', 'airplane/airplane-1',
    'LaSOT/LaSOT/airplane/airplane-1', 'lasot/LaSOTTesting/airplane-1', 'LaSOT/LaSOTTesting/airplane/airplane-1',
    'airplane-1', 'LaSOTTesting/airplane-1', 'lasot/data/airplane/airplane-1', 'lasot/airplane/airplane/airplane-1'])
def test_lasot(tmp_path, inner):
    layouts.lasot_sequence(tmp_path / inner)
    data = LaSOT('test', tmp_path)
    (sequence,) = data.read('airplane-1')
    assert sequence.frames[4].shape == (48, 64, 3)
    assert tmp_path / inner / 'groundtruth.txt' in set(data.watched())


def test_lasot_and_its_extension_in_one_folder_and_zipped(tmp_path):
    layouts.lasot_sequence(tmp_path / 'lasot/airplane/airplane-1')
    (tmp_path / 'lasot/LaSOTTesting').mkdir()
    layouts.zipped(tmp_path / 'lasot/airplane', tmp_path / 'lasot/LaSOTTesting/airplane.zip')
    assert len(LaSOT('test', tmp_path).read('airplane-1')[0]) == 5
    layouts.lasot_sequence(tmp_path / 'LaSOT_extension_subset/LaSOT_extension_subset/atv/atv-1')
    assert len(LaSOTExt('test', tmp_path).read('atv-1')[0]) == 5


def in_split_folders(home):
    for number, path in enumerate(sorted(home.glob('GOT-10k_Train_*'))):
        move(path, home / f'GOT-10k_Train_split_{number % 2 + 1:02d}' / path.name)


@pytest.mark.parametrize('change', [
    lambda root: move(root / 'got10k/train', root / 'got10k/full_data/train_data'),
    lambda root: move(root / 'got10k/train', root / 'got10k/full_data/train'),
    lambda root: move(root / 'got10k/train', root / 'got10k/train_data/train'),
    lambda root: in_split_folders(root / 'got10k/train'),
    lambda root: (root / 'got10k/train/list.txt').unlink(),
    lambda root: (in_split_folders(root / 'got10k/train'), (root / 'got10k/train/list.txt').unlink()),
    lambda root: [path.unlink() for path in root.rglob('cover.label')],
    lambda root: [move(path, root / path.name) for path in sorted((root / 'got10k').iterdir())] + [
        (root / 'got10k').rmdir()],
    lambda root: move(root / 'got10k', root / 'GOT10k/got10k'),
], ids=['full_data/train_data', 'full_data/train', 'train_data/train', 'split folders', 'no list',
        'split folders, no list', 'no cover.label', 'the root itself', 'twice'])
def test_got10k(tmp_path, change):
    layouts.got10k(tmp_path, train=3)
    change(tmp_path)
    sequences = list(GOT10k('train', tmp_path))
    assert [sequence.name for sequence in sequences] == [f'GOT-10k_Train_{i:06d}' for i in (1, 2, 3)]
    assert all(sequence.frames[0].shape == (48, 64, 3) for sequence in sequences)
    assert all(('cover' in sequence.attributes) != ('lacks' in sequence.attributes) for sequence in sequences)
    assert not sequences[0].visible[1]


@pytest.mark.parametrize('home', ['TrackingNet', 'TrackingNet/TrackingNet', '.', 'trackingnet/data'])
def test_trackingnet(tmp_path, home):
    layouts.trackingnet_sequence(tmp_path / home / 'TRAIN_0', 'a_0')
    assert len(TrackingNet('train', tmp_path, [0])[0]) == 12
    assert len(TrackingNet.found(tmp_path)) == 1


@pytest.mark.parametrize('zipped', [False, True])
def test_trackingnet_test_without_annotations_can_be_listed(tmp_path, zipped, capsys):
    for number, name in enumerate(('b_10', 'b_2')):
        layouts.trackingnet_sequence(tmp_path / 'TrackingNet/TEST', name, 12 - number, zipped_up=zipped)
    shutil.rmtree(tmp_path / 'TrackingNet/TEST/anno')
    if zipped:
        shutil.rmtree(tmp_path / 'TrackingNet/TEST/frames')
    first, second = TrackingNet('test', tmp_path)
    assert (first.name, second.name) == ('b_2', 'b_10')
    assert len(first.frames) == 11
    assert not first.visible.any()
    assert main(['data', 'check', str(tmp_path), '--workers', '1', '--out', str(tmp_path / 'report.json')]) == 0
    assert 'sequences without annotation: 2' in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match='TRAIN_0/anno'):
        TrackingNet('train', tmp_path)


@pytest.mark.parametrize('home', ['UAV123/UAV123', '.', 'Dataset_UAV123/UAV123'])
def test_uav123(tmp_path, home):
    test_tabulated.uav(tmp_path / home, 'uav123', 'car1_1')
    if home.startswith('Dataset'):
        move(tmp_path / home, tmp_path / 'uav/UAV123')
    assert UAV123(root=tmp_path).read('car1_1')[0].frames[0].shape == (48, 64, 3)


@pytest.mark.parametrize('home', ['UAV123_10fps', 'UAV123_10fps/UAV123_10fps', 'UAV123', '.'])
def test_uav123_10fps(tmp_path, home):
    home = tmp_path / home
    layouts.write(home / 'anno/UAV123_10fps/bird1_2.txt', layouts.rows(235))
    for number in (259, 493):
        layouts.write(home / f'data_seq/UAV123_10fps/bird1/{number:06d}.jpg', layouts.picture(number))
    data = UAV123At10FPS(root=tmp_path)
    (sequence,) = data.read('bird1_2')
    assert (len(data), len(sequence), data.name) == (123, 235, 'uav123_10fps')
    assert sequence.frames.where(0).endswith('data_seq/UAV123_10fps/bird1/000259.jpg')
    assert sequence.frames[234].shape == (48, 64, 3)
    # as public lists of the set have them
    ranges = {name: (int(row['start_frame']), int(row['end_frame'])) for name, row in data.rows.items()}
    assert ranges['bike1'] == (1, 1029)
    assert ranges['car1_s'] == (1, 492)
    assert ranges['group1_4'] == (1309, 1625)
    assert ranges['uav1_3'] == (825, 1157)
    assert [reader.name for reader in find_readers(tmp_path, ['UAV123_10fps'])] == ['uav123_10fps']


@pytest.mark.parametrize(('name', 'folder', 'file'), [
    ('Jogging_1', 'Jogging', 'groundtruth_rect.1.txt'), ('Jogging_2', 'Jogging-2', 'groundtruth_rect.txt'),
    ('Skating2_1', 'Skating2-1', 'groundtruth_rect.txt'), ('Human4_2', 'Human4-2', 'groundtruth_rect.txt'),
    ('Skating2_2', 'Skating2.2', 'groundtruth_rect.2.txt'), ('Jogging_2', 'jogging_2', 'groundtruth_rect.txt'),
    ('Deer', 'deer', 'groundtruth_rect.txt'), ('Human4_2', 'Human4', 'groundtruth_rect.2.txt')])
@pytest.mark.parametrize('home', ['OTB100', '.', 'OTB/OTB100'])
def test_otb(tmp_path, name, folder, file, home):
    _, first, last = layouts.table_rows('otb100', name)
    layouts.write(tmp_path / home / folder / file, layouts.rows(last - first + 1))
    for number in (first, last):
        layouts.write(tmp_path / home / folder / f'img/{number:04d}.jpg', layouts.picture(number))
    (sequence,) = OTB('otb100', tmp_path).read(name)
    assert sequence.name == name
    assert sequence.frames[last - first].shape == (48, 64, 3)


def test_the_root_is_the_set_itself(tmp_path):
    test_images.coco(tmp_path / 'a')
    assert len(COCO('train', tmp_path / 'a')) == 3
    test_images.coco(tmp_path / 'b', 'images/train2017')
    assert len(COCO('train', tmp_path / 'b')) == 3
    test_nfs.original(tmp_path / 'c')
    assert len(NFS('nfs30', tmp_path / 'c').read(test_nfs.NAME)) == 1
    test_vot2020.write(tmp_path / 'd')
    (home,) = (path.parent for path in (tmp_path / 'd').rglob('list.txt'))
    assert len(VOT2020(root=home)) == len(VOT2020(root=tmp_path / 'd'))


def test_files_that_are_no_data_are_passed_over(tmp_path):
    """What macOS, Windows, archivers and notebooks leave behind."""
    layouts.got10k(tmp_path, train=2)
    layouts.lasot_sequence(tmp_path / 'lasot/airplane/airplane-1')
    layouts.trackingnet_sequence(tmp_path / 'trackingnet/TRAIN_0', 'a_0')
    junk = ('.DS_Store', '._x.jpg', '._groundtruth.txt', 'Thumbs.db', '__MACOSX/x', '.ipynb_checkpoints/x',
            '._00000001.jpg')
    for folder in [path for path in tmp_path.rglob('*') if path.is_dir()]:
        for name in junk:
            layouts.write(folder / name, b'\0\1junk')
    assert len([*GOT10k('train', tmp_path)]) == 2
    assert len(LaSOT('test', tmp_path).read('airplane-1')[0]) == 5
    assert [sequence.name for sequence in TrackingNet('train', tmp_path, [0])] == ['a_0']


def test_a_layout_nobody_knows_says_what_was_looked_for(tmp_path, capsys):
    layouts.frames(tmp_path / 'my_videos/dog', '%d.jpg', 0, 2)
    layouts.frames(tmp_path / 'car/car', '%d.jpg', 0, 2)  # a class of LaSOT, and none of its sequences
    assert main(['data', 'check', str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.count('\n') == 1
    for part in ('there is no set under', 'which holds car, my_videos', 'GOT-10k in got10k or GOT-10k or GOT10k',
                 'holding TRAIN_* or TEST', 'UAV123 in uav123', 'your own data in own'):
        assert part in err, part
