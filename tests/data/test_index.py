"""The index gives what the reader gives, is built once, follows the set, and survives interruption."""

import json
import multiprocessing
import os
import pickle
import shutil
import time

import numpy as np
import pytest

from tests.data.datasets import layouts, test_images, test_own
from vtzoo.data import index_build
from vtzoo.data.datasets import COCO, GOT10k, OwnData, TrackingNet
from vtzoo.data.index import Indexed
from vtzoo.data.mixture import Mixture
from vtzoo.data.sequence import AnnotationError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture
def root(tmp_path):
    layouts.got10k(tmp_path / 'data', train=5)
    return tmp_path / 'data'


@pytest.fixture
def reads(monkeypatch):
    """Counts what is read."""
    read, videos = GOT10k.read, []
    monkeypatch.setattr(GOT10k, 'read', lambda self, video: videos.append(video) or read(self, video))
    return videos


def assert_same(indexed, reader):
    assert len(indexed) == len(reader)
    assert (indexed.name, indexed.split, indexed.protocol, indexed.is_video, indexed.base) == (
        reader.name, reader.split, reader.protocol, reader.is_video, reader.base)
    for got, expected in zip(indexed, reader, strict=True):
        assert got.name == expected.name
        for one, other in ((got.boxes, expected.boxes), (got.visible, expected.visible)):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        assert got.attributes.keys() == expected.attributes.keys()
        for key, value in expected.attributes.items():
            np.testing.assert_array_equal(got.attributes[key], value)
        assert len(got.frames) == len(expected.frames)
        last = len(expected) - 1
        assert got.frames.where(last) == expected.frames.where(last)
        np.testing.assert_array_equal(got.frames[last], expected.frames[last])


def test_the_index_gives_what_folders_give(root):
    for split in ('train', 'val', 'test'):
        assert_same(Indexed(GOT10k(split, root)), GOT10k(split, root))


def test_the_index_gives_what_archives_folders_and_videos_give(tmp_path):
    chunk = tmp_path / 'trackingnet/TRAIN_0'
    layouts.trackingnet_sequence(chunk, 'a_0')
    layouts.trackingnet_sequence(chunk, 'b_0', zipped_up=True)
    assert_same(Indexed(TrackingNet('train', tmp_path, [0])), TrackingNet('train', tmp_path, [0]))
    test_own.video(tmp_path / 'own/street.avi')
    layouts.write(tmp_path / 'own/street.txt', layouts.rows(6))
    assert_same(Indexed(OwnData(root=tmp_path)), OwnData(root=tmp_path))


def test_the_index_gives_what_a_json_of_objects_gives(tmp_path):
    test_images.coco(tmp_path / 'coco')
    indexed = Indexed(COCO('train', tmp_path))
    assert_same(indexed, COCO('train', tmp_path))
    assert indexed.first('objects').ravel().tolist() == [2, 2, 1]


def test_your_own_data_can_be_drawn_by_image(tmp_path):
    content = dict(images=[dict(id=i, file_name=f'{i}.jpg') for i in (0, 1)], annotations=[
        dict(id=i, image_id=min(i, 1), bbox=[i, 1, 2, 3]) for i in range(3)])
    layouts.write(tmp_path / 'own/annotations.json', json.dumps(content))
    layouts.frames(tmp_path / 'own', '%d.jpg', 0, 2)
    data = Indexed(OwnData(root=tmp_path))
    assert data.first('objects').tolist() == [1, 2, 2]
    drawn = [Mixture([data], [1], [True]).draw(np.random.default_rng(i))[1].name for i in range(400)]
    assert drawn.count('0_0') == pytest.approx(200, abs=40)
    layouts.frames(tmp_path / 'plain/a', '%d.jpg', 0, 2)
    layouts.write(tmp_path / 'plain/a.txt', layouts.rows(2))
    assert Indexed(OwnData(root=tmp_path, folder='plain')).first('objects').tolist() == [1]


def test_a_second_opening_reads_nothing_and_lies_outside_the_data(root, cache, reads):
    before = sorted(root.rglob('*'))
    Indexed(GOT10k('train', root))
    assert len(reads) == 5
    indexed = Indexed(GOT10k('train', root))
    assert [indexed[i].visible.any() for i in range(5)] == [True] * 5
    assert len(reads) == 5
    assert sorted(root.rglob('*')) == before
    assert not [path for path in cache.rglob('*') if path.suffix not in ('', '.npy', '.json')]


@pytest.mark.parametrize('change', [
    lambda folder: (folder / 'groundtruth.txt').write_text('9,9,9,9\n' * 4),
    lambda folder: layouts.write(folder / '00000005.jpg', layouts.picture()) and layouts.write(
        folder / 'groundtruth.txt', layouts.rows(5)) and [layouts.write(
            folder / f'{label}.label', ['1'] * 5) for label in ('cover', 'absence')],
    lambda folder: (folder / 'cover.label').write_text('1\n' * 4),
    lambda folder: (folder.parent / 'list.txt').write_text('GOT-10k_Train_000002\n')])
def test_a_change_of_the_set_makes_it_anew(root, cache, reads, change):
    Indexed(GOT10k('train', root))
    time.sleep(0.01)
    change(root / 'got10k/train/GOT-10k_Train_000001')
    indexed = Indexed(GOT10k('train', root))
    assert len(reads) > 5
    assert_same(indexed, GOT10k('train', root))
    assert len(list((cache / 'index').glob('*/*'))) == 1  # the stale one is gone


def test_splits_and_chunks_have_indices_of_their_own(root, tmp_path, cache):
    Indexed(GOT10k('train', root))
    Indexed(GOT10k('val', root))
    for chunk in (0, 1):
        layouts.trackingnet_sequence(tmp_path / f'trackingnet/TRAIN_{chunk}', f'v{chunk}_0')
    Indexed(TrackingNet('train', tmp_path, [0]))
    Indexed(TrackingNet('train', tmp_path, [0, 1]))
    assert len(list((cache / 'index').iterdir())) == 4


def test_building_goes_on_where_it_was_interrupted(root, cache, reads, monkeypatch):
    monkeypatch.setattr(index_build, 'SAVE_EVERY', 0)
    read = GOT10k.read

    def interrupted(self, video):
        if len(reads) == 3:
            raise KeyboardInterrupt
        return read(self, video)

    with monkeypatch.context() as patch:
        patch.setattr(GOT10k, 'read', interrupted)
        with pytest.raises(KeyboardInterrupt):
            Indexed(GOT10k('train', root))
    indexed = Indexed(GOT10k('train', root))
    assert reads == [f'GOT-10k_Train_{i:06d}' for i in range(1, 6)]  # each once
    assert_same(indexed, GOT10k('train', root))


def test_a_sequence_that_cannot_be_read_keeps_its_place_and_says_so(root):
    path = root / 'got10k/train/GOT-10k_Train_000002/groundtruth.txt'
    layouts.write(path, path.read_text().split()[:-1])
    with pytest.warns(UserWarning, match=r'1 of 5 sequences cannot be read, such as: .*000002 holds 5 frames'):
        indexed = Indexed(GOT10k('train', root))
    assert len(indexed) == 5
    with pytest.raises(AnnotationError, match='holds 5 frames, of which 4 are annotated'):
        indexed[1]
    assert indexed[2].name == 'GOT-10k_Train_000003'


def test_a_wrong_path_is_refused_at_once(root):
    for path in (root / 'got10k/train').glob('GOT*'):
        shutil.rmtree(path)
    with pytest.raises(AnnotationError, match=r'GOT-10k train in .* holds no sequence that can be read; .*000001'):
        Indexed(GOT10k('train', root))
    layouts.write(root / 'got10k/train/list.txt', '')
    with pytest.raises(AnnotationError, match='holds no sequence that can be read; it is empty'):
        Indexed(GOT10k('train', root))


def test_a_skip_list_leaves_out_sequences_and_frames(root):
    reader = GOT10k('train', root)
    indexed = Indexed(reader, skip={'GOT-10k_Train_000001': None, 'GOT-10k_Train_000003': [0, 2], 'unknown': None})
    assert indexed.names == [f'GOT-10k_Train_{i:06d}' for i in range(2, 6)]
    full, cut = reader[2], indexed[1]
    kept = [1, 3, 4, 5]
    np.testing.assert_array_equal(cut.boxes, full.boxes[kept])
    np.testing.assert_array_equal(cut.attributes['cover'], full.attributes['cover'][kept])
    assert [cut.frames.where(i) for i in range(4)] == [full.frames.where(i) for i in kept]
    np.testing.assert_array_equal(cut.frames.read(1, 2), full.frames.read(3, 2))


def test_an_index_travels_without_its_arrays(root):
    indexed = Indexed(GOT10k('train', root))
    indexed[0]
    sent = pickle.dumps(indexed)
    assert len(sent) < 2000
    assert pickle.loads(sent)[4].name == 'GOT-10k_Train_000005'


def sums(indexed, results):
    results.put([int(sequence.frames[i].sum()) for sequence in indexed for i in range(len(sequence))])


@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_worker_processes_read_archives_side_by_side(tmp_path, method):
    for name in ('a_0', 'b_0'):
        layouts.trackingnet_sequence(tmp_path / 'trackingnet/TRAIN_0', name, 30, zipped_up=True)
    indexed = Indexed(TrackingNet('train', tmp_path, [0]))
    expected = [int(sequence.frames[i].sum()) for sequence in indexed for i in range(len(sequence))]
    context = multiprocessing.get_context(method)
    results = context.Queue()
    workers = [context.Process(target=sums, args=(indexed, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=60) for _ in workers] == [expected] * 2
    for worker in workers:
        worker.join()


def test_thousands_of_sequences_open_in_a_moment(tmp_path):
    """A tenth of TrackingNet; tools/benchmark_index.py measures the whole."""
    chunk = tmp_path / 'trackingnet/TRAIN_0'
    layouts.trackingnet_sequence(chunk, 'v0', 3)
    for i in range(1, 3000):
        os.symlink(chunk / 'frames/v0', chunk / f'frames/v{i}')
        os.link(chunk / 'anno/v0.txt', chunk / f'anno/v{i}.txt')
    Indexed(TrackingNet('train', tmp_path, [0]))
    taken = []
    for _ in range(3):
        start = time.process_time()
        indexed = Indexed(TrackingNet('train', tmp_path, [0]))
        indexed[2999].visible.sum()
        taken.append(time.process_time() - start)
    assert len(indexed) == 3000
    assert min(taken) < 0.5  # of processor time, since others may use the machine; 0.05 s is usual


def test_the_index_holds_no_pickle(root, cache):
    Indexed(GOT10k('train', root))
    for path in cache.rglob('*.npy'):
        np.load(path, allow_pickle=False)
    for path in cache.rglob('*.json'):
        json.loads(path.read_text())
