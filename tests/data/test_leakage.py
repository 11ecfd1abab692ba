"""Training on what a protocol forbids is refused unless it is allowed by name."""

import pytest

from vtzoo.data import tables
from vtzoo.data.leakage import FORBIDDEN_BY_VOT, is_held_out, leaks, refuse_leaks
from vtzoo.registry import DATASETS, find, names

FULL = [('got10k', 'vottrain'), ('lasot', 'train'), ('coco', 'train'), ('trackingnet', 'train')]


def test_the_released_recipes_may_be_judged_by_what_they_were():
    refuse_leaks(FULL, [('lasot', 'test'), ('trackingnet', 'test'), ('uav123', 'test'), ('got10k', 'val')])
    refuse_leaks([('got10k', 'train_full')], [('got10k', 'test'), ('got10k', 'val')])


@pytest.mark.parametrize('split', [('lasot', 'test'), ('got10k', 'val'), ('otb100', 'otb100'), ('vot2020', 'test')])
def test_what_judges_never_trains(split):
    name = '/'.join(split)
    with pytest.raises(ValueError, match=rf"training is refused: {name} is for judging.*allow=\['{name}'\]"):
        refuse_leaks([*FULL, split])
    refuse_leaks([*FULL, split], allow=[name])


def test_the_got10k_protocol_trains_on_got10k_alone():
    assert set(leaks(FULL, [('got10k', 'test')])) == {'lasot/train', 'coco/train', 'trackingnet/train'}
    refuse_leaks(FULL, [('got10k', 'test')], allow=['lasot/train', 'coco/train', 'trackingnet/train'])
    with pytest.raises(ValueError, match='coco/train is outside the GOT-10k protocol'):
        refuse_leaks(FULL, [('got10k', 'test')], allow=['lasot/train', 'trackingnet/train'])


def test_validation_sequences_do_not_train():
    assert leaks([('got10k', 'train')], [('got10k', 'votval')])
    assert leaks([('got10k', 'train_without_vot')], [('got10k', 'votval')])
    assert not leaks([('got10k', 'vottrain')], [('got10k', 'votval')])


def test_vot_forbids_what_the_released_files_still_hold():
    forbidden = set(tables.names('got10k_vot_exclude'))
    everything = [f'GOT-10k_Train_{i:06d}' for i in range(1, 9336)]
    held = dict(
        train=everything, train_full=everything, train_fixed=set(everything) - set(tables.names('got10k_unfixed')),
        **{split: [everything[int(line)] for line in tables.names(f'got10k_{split}')] for split in
           ('vottrain', 'votval')})
    assert {split: len(forbidden & set(names)) for split, names in held.items()} == FORBIDDEN_BY_VOT
    judged = [('vot2020', 'test')]
    assert 'holds 765 of the sequences' in leaks([('got10k', 'vottrain')], judged)['got10k/vottrain']
    assert not leaks([('got10k', 'train_without_vot')], judged)


def test_every_split_of_a_reader_is_known():
    """A name that a reader does not have would forbid nothing."""
    readers = [find(DATASETS, name) for name in names(DATASETS)]
    known = {(getattr(cls, 'name', split), split) for cls in readers for split in getattr(cls, 'splits', ())}
    for cls in readers:
        assert set(cls.held_out) <= {'test', *getattr(cls, 'splits', ())}, cls
        assert {one.split for one in cls.benchmarks if one.split} <= set(cls.held_out), cls
    judging = {name for name, split in known if is_held_out(name, split)}
    assert judging >= {'got10k', 'lasot', 'lasot_ext', 'trackingnet', 'uav123', 'uav20l', 'otb100', 'nfs30', 'vot2020'}
