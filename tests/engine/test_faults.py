"""Bad files under a real reader: named once, replaced the same way every time, too many of them stop the run."""

import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.data.datasets import layouts
from tests.engine.test_run import command, shell
from vtzoo.data.check_report import save_skip_list
from vtzoo.data.crops import AreaCrop
from vtzoo.data.sequence import AnnotationError
from vtzoo.engine.data import open_sets
from vtzoo.engine.metrics import TrackingMetric
from vtzoo.engine.samplers import EpochSampler
from vtzoo.evaluation.scoring.validation import average_overlap
from vtzoo.registry import DATA, build

FRAMES = 24


def sequence(root, number):
    return root / f'got10k/train/GOT-10k_Train_{number:06d}'


def truncated_jpeg(root):
    path = sequence(root, 1) / '00000003.jpg'
    path.write_bytes(path.read_bytes()[:-80])
    return '00000003.jpg is cut off'


def missing_frame(root):
    (sequence(root, 2) / '00000005.jpg').unlink()
    return 'GOT-10k_Train_000002/00000005.jpg is missing'


def short_annotation(root):
    path = sequence(root, 3) / 'groundtruth.txt'
    path.write_text('\n'.join(path.read_text().splitlines()[:-1]))
    return f'GOT-10k_Train_000003 holds {FRAMES} frames, of which {FRAMES - 1} are annotated'


def no_frames(root):
    for path in sequence(root, 4).glob('*.jpg'):
        path.unlink()
    return 'GOT-10k_Train_000004 holds none of the frames'


def unreadable_archive(root):
    for number, archive in ((5, 'split_01.zip'), (6, 'split_02.zip')):
        layouts.zipped(sequence(root, number), root / 'got10k/train' / archive, sequence(root, number).name)
    (root / 'got10k/train/split_01.zip').write_bytes(b'PK\3\4 and no more')
    return 'split_01.zip is not a readable ZIP archive'


def target_never_there(root):
    layouts.write(sequence(root, 7) / 'absence.label', [1] * FRAMES)
    layouts.write(sequence(root, 7) / 'groundtruth.txt', ['0,0,0,0'] * FRAMES)


def box_without_size(root):
    path = sequence(root, 8) / 'groundtruth.txt'
    lines = path.read_text().splitlines()
    layouts.write(path, [*lines[:5], '10,10,0,12', '10,10,12,0', 'nan,nan,nan,nan', *lines[8:]])


FAULTS = (truncated_jpeg, missing_frame, short_annotation, no_frames, unreadable_archive, target_never_there,
          box_without_size)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Twelve sequences to train on, two to validate with."""
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))
    root = tmp_path / 'sets'
    layouts.got10k(root, train=12)
    for number in range(1, 13):
        layouts.got10k_sequence(sequence(root, number), FRAMES)
    return root


SETS = [dict(type='GOT10k', split='train')]


def loader(root, frames='Pair', num_workers=0, **more):
    data = build(DATA, dict(type='TrainingSamples', samples=400, sets=SETS, frames=dict(type=frames, gap=10), root=root,
                            jitter=dict(type='AreaJitter', scale=0.2, centre=1.0), **more), crop=AreaCrop(32, 64))
    return DataLoader(data, 4, sampler=EpochSampler(data, 4), drop_last=True, num_workers=num_workers)


@pytest.fixture
def bad(root):
    return [said for fault in FAULTS if (said := fault(root))]


def named(out):
    return [line for line in out.splitlines() if line.startswith('left out: ')]


@pytest.mark.parametrize('frames', ['Pair', 'Causal'])
@pytest.mark.filterwarnings('ignore:GOT-10k train')
def test_every_fault_is_named_once_and_replaced_the_same_way(root, bad, capfd, frames):
    batches = list(loader(root, frames=frames, bad_share=0.5))
    said = named(capfd.readouterr().out)
    assert len(said) == len(bad)
    assert all(sum(message in line for line in said) == 1 for message in bad), said
    again = loader(root, frames=frames, bad_share=0.5, num_workers=2)
    for one, other in zip(batches, again, strict=True):
        assert one['id'] == other['id']
        assert torch.equal(one['search'], other['search'])
    assert len(named(capfd.readouterr().out)) == len(bad), 'worker processes do not repeat one another'
    for batch in batches:
        assert (batch['box'][:, 2:] > 0).all()
        assert batch['search'].float().std(dim=(1, 2, 3)).min() > 1, 'no blank images'
        assert not any(f'GOT-10k_Train_{number:06d}' in ' '.join(batch['id']) for number in (3, 4, 5, 7))


def test_one_broken_archive_spares_the_others(root):
    unreadable_archive(root)
    with pytest.warns(UserWarning, match=r'1 of 12 sequences cannot be read, such as: .*split_01.zip'):
        mixture = open_sets(SETS, root)
    data = mixture.sets[0]
    assert data[5].frames[0].shape == (48, 64, 3)
    with pytest.raises(AnnotationError, match=r'split_01\.zip'):
        data[4]


@pytest.mark.parametrize('workers', [0, 2])
def test_more_than_the_stated_share_stops_it(root, workers):
    for number in range(1, 13):
        for path in list(sequence(root, number).glob('*.jpg'))[::5]:
            path.write_bytes(path.read_bytes()[:-80])
    with pytest.raises(RuntimeError, match=r'more than the 10% allowed \(train_dataloader.dataset.bad_share\)'):
        list(loader(root, num_workers=workers))
    with pytest.raises(ValueError, match='bad_share is a share from 0 to 1, not 3'):
        loader(root, bad_share=3)


def test_a_skip_list_is_honoured(root, bad, capfd, tmp_path):
    skip = {sequence(root, number).name: None for number in (3, 4, 5)}
    skip |= {sequence(root, 1).name: [2], sequence(root, 2).name: [4]}
    save_skip_list(tmp_path / 'skip.json', dict(got10k=skip))
    with pytest.warns(UserWarning, match='3 of 12'):
        list(loader(root, skip=tmp_path / 'skip.json', bad_share=0))
    assert not named(capfd.readouterr().out)


def test_what_leaks_is_refused(root):
    layouts.trackingnet_sequence(root / 'trackingnet/TRAIN_0', 'a_0')
    for sets, more, message in (
            ([dict(type='GOT10k', split='val')], {},
             r"val is for judging.*train_dataloader.dataset.allow=\['got10k/val"),
            ([dict(type='TrackingNet', split='train', chunks=[0])], dict(judged_by=['got10k/test']),
             'outside the GOT-10k protocol'),
            ([dict(type='GOT10k', split='train')], dict(judged_by=['vot2020/test']), 'that VOT forbids')):
        with pytest.raises(ValueError, match=message):
            open_sets(sets, root, **more)
        allow = [f'{dict(GOT10k="got10k", TrackingNet="trackingnet")[sets[0]["type"]]}/{sets[0]["split"]}']
        assert open_sets(sets, root, allow=allow, **more).sets


def test_validation_over_nothing_is_an_error():
    with pytest.raises(ValueError, match='not one validation sequence can be read'):
        average_overlap([])
    with pytest.raises(ValueError, match='not one validation sequence can be read'):
        TrackingMetric().evaluate(0)


@pytest.mark.slow
def test_a_run_names_what_is_bad_and_ends_well(root, bad, tmp_path):
    """From the shell, bad files in training and in validation; then too many."""
    torn = root / 'got10k/val/GOT-10k_Val_000002/00000002.jpg'
    torn.write_bytes(torn.read_bytes()[:-80])
    options = ['--data', str(root), '--from-scratch', '--max-iters', '30', '--cfg-options',
               'train_dataloader.dataset.samples=120', 'train_dataloader.dataset.bad_share=0.6',
               'default_hooks.logger.interval=10']
    done = shell(tmp_path, command(tmp_path / 'run', *options))
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert all(message in said for message in bad)
    assert said.count(f'left out of validation: {torn} is cut off') == 1
    assert 'AO: ' in said
    assert json.loads((tmp_path / 'run/run.json').read_text())['sets'] == [
        dict(name='got10k', split='train', sequences=12)]
    options[-2] = 'train_dataloader.dataset.bad_share=0.05'
    done = shell(tmp_path, command(tmp_path / 'stopped', *options))
    assert done.returncode == 1
    assert 'more than the 5% allowed' in done.stderr.strip().splitlines()[-1]
    assert 'Traceback' not in done.stderr


def test_the_embedded_set_beside_real_ones_and_own_images_by_image(root):
    """Four kinds of set in one mixture: drawn, videos, and a JSON of images whose objects share an image's weight."""
    home = root / 'own'
    layouts.frames(home / 'images', '%d.jpg', 0, 2)
    boxes = [dict(id=i, image_id=image, category_id=1, bbox=[5, 5, 20 + i, 15]) for i, image in enumerate((0, 0, 0, 1))]
    (home / 'annotations.json').write_text(json.dumps(dict(
        images=[dict(id=i, file_name=f'{i}.jpg', width=64, height=48) for i in range(2)], annotations=boxes,
        categories=[dict(id=1, name='cup')])))
    sets = [dict(type='Synthetic', ratio=1, length=20, size=(64, 48)), dict(type='GOT10k', split='train', ratio=1),
            dict(type='OwnData', ratio=2, by_image=True)]
    mixture = open_sets(sets, root)
    drawn = [mixture.draw(np.random.default_rng(i)) for i in range(300)]
    assert {data.name for data, _ in drawn} == {'synthetic', 'got10k', 'own'}
    widths = [sequence.boxes[0, 2] for data, sequence in drawn if data.name == 'own']
    assert 0.4 < widths.count(23) / len(widths) < 0.6, 'the only object of one of two images'
    with pytest.raises(ValueError, match='got10k/train does not count the objects'):
        open_sets([dict(type='GOT10k', split='train', by_image=True)], root)
    with pytest.raises(ValueError, match='synthetic/train does not count the objects'):
        open_sets([dict(type='Synthetic', by_image=True)])


def test_the_embedded_set_alone_needs_no_root(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)
    assert [data.name for data in open_sets([dict(type='Synthetic')]).sets] == ['synthetic']
    with pytest.raises(FileNotFoundError, match='needs a data root'):
        open_sets([dict(type='Synthetic'), dict(type='GOT10k', split='train')])
