"""VOT's measures against the toolkit's own code (tests/data/evaluation/README.md)."""

import struct

import numpy as np
import pytest

from tests.evaluation.test_scoring import golden
from vtzoo.evaluation.vot.measures import Run, accuracy_robustness, overlap_curve, vot_scores
from vtzoo.evaluation.vot.regions import Mask, decode_mask, is_empty, overlap, parse_region, read_regions


def names(kind):
    return [str(name) for name in golden()[f'vot/{kind}/sequences']]


def truth(kind, name):
    g = golden()
    if kind == 'box':
        return list(g[f'vot/input/{name}/gt'])
    return [Mask(0, 0, frame) for frame in np.unpackbits(g[f'vot/input/{name}/gt_mask'], -1).astype(bool)]


def runs(kind, name, tracker):
    """Overlaps made anew from the stored predictions."""
    g, regions = golden(), truth(kind, name)
    size, found = tuple(map(int, g[f'vot/input/{name}/image_size'])), []
    for j, (anchor, backward) in enumerate(zip(g[f'vot/{kind}/{name}/run_anchor_frames'],
                                               g[f'vot/{kind}/{name}/run_is_backward'], strict=True)):
        order = regions[anchor::-1] if backward else regions[anchor:]
        key = f'vot/{kind}/{name}/{tracker}/run{j}'
        if kind == 'box':
            predicted = [None, *g[f'{key}/boxes']]
        else:
            masks = np.unpackbits(g[f'{key}/masks'], -1).astype(bool)
            predicted = [None, *(Mask(0, 0, frame) for frame in masks)]
        overlaps = [overlap(p, t, size) for p, t in zip(predicted, order, strict=True)]
        found.append(Run(np.array(overlaps), np.array([is_empty(t) for t in order])))
    return found


@pytest.mark.parametrize('kind', ['box', 'mask'])
def test_overlaps_recomputed_from_the_stored_runs_are_equal(kind):
    for name in names(kind):
        for tracker in 'ab':
            for j, run in enumerate(runs(kind, name, tracker)):
                assert np.array_equal(run.overlaps, golden()[f'vot/{kind}/{name}/{tracker}/run{j}/overlaps'])


@pytest.mark.parametrize('kind', ['box', 'mask'])
def test_measures_of_each_sequence_are_the_toolkits(kind):
    g = golden()
    for name in names(kind):
        for tracker in 'ab':
            recorded, found = f'vot/{kind}/{name}/{tracker}', runs(kind, name, tracker)
            accuracy, robustness, progress = accuracy_robustness(found)
            assert [accuracy, robustness, progress, len(truth(kind, name))] == pytest.approx(
                g[f'{recorded}/accuracy_robustness_weights'], abs=1e-14)
            for high, part in ((755, ''), (120, 'short_')):
                curve, active = overlap_curve(found, high)
                assert np.abs(curve - g[f'{recorded}/{part}eao_curve']).max() < 1e-14
                assert np.array_equal(active, g[f'{recorded}/{part}eao_active'])


@pytest.mark.parametrize('kind', ['box', 'mask'])
def test_scores_over_sequences_are_the_toolkits(kind):
    g = golden()
    for index, tracker in enumerate('ab'):
        sequences = [(runs(kind, name, tracker), len(truth(kind, name))) for name in names(kind)]
        scores, short = vot_scores(sequences), vot_scores(sequences, low=20, high=120)
        assert scores.accuracy == pytest.approx(g[f'vot/{kind}/accuracy'][index], abs=1e-14)
        assert scores.robustness == pytest.approx(g[f'vot/{kind}/robustness'][index], abs=1e-14)
        assert scores.eao == pytest.approx(g[f'vot/{kind}/eao'][index], abs=1e-14)
        assert np.abs(scores.curve - g[f'vot/{kind}/eao_curve'][index]).max() < 1e-14
        assert short.eao == pytest.approx(g[f'vot/{kind}/short_eao'][index], abs=1e-14)


def test_odd_pairs_overlap_as_in_the_toolkit():
    g = golden()
    size = tuple(map(int, g['vot/overlap/image_size']))
    for i, (a, b) in enumerate(g['vot/overlap/boxes']):
        assert overlap(a, b, size) == g['vot/overlap/bounded'][i]
        assert overlap(a, b) == g['vot/overlap/unbounded'][i]
        assert overlap(None, b, size) == g['vot/overlap/special_vs_box_bounded'][i]
        assert is_empty(b) == g['vot/overlap/box_is_empty'][i]


def test_a_box_and_the_same_box_as_a_mask_overlap_alike():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = (np.concatenate([rng.integers(0, 30, 2), rng.integers(2, 30, 2)]).astype(np.float32) for _ in 'ab')
        mask = Mask(int(b[0]), int(b[1]), np.ones((int(b[3]), int(b[2])), bool))
        assert overlap(a, mask, (50, 45)) == overlap(a, b, (50, 45))


def test_a_truth_that_is_empty_resets_the_count_of_ten():
    overlaps = np.zeros(30)
    assert Run(overlaps, np.zeros(30, bool)).progress == 0
    empty = np.zeros(30, bool)
    empty[[8, 18]] = True
    assert Run(overlaps, empty).progress == 19
    assert Run(np.zeros(9), np.zeros(9, bool)).progress == 9


def test_trajectories_read_as_text_and_binary(tmp_path):
    (tmp_path / 'a.txt').write_text('1\n1.5,2,3,4\nm2,1,3,2,1,2,1,2\nnan,nan,nan,nan\n')
    special, box, mask, unknown = read_regions(tmp_path / 'a.txt')
    assert special is None
    assert unknown is None
    assert box.tolist() == [1.5, 2, 3, 4]
    assert (mask.x, mask.y) == (2, 1)
    assert mask.pixels.tolist() == [[False, True, True], [False, True, True]]
    data = struct.pack('<hI', 1, 3) + struct.pack('<BI', 0, 1) + struct.pack('<B4f', 1, 1.5, 2, 3, 4)
    data += struct.pack('<BhhHHH4H', 3, 2, 1, 3, 2, 4, 1, 2, 1, 2)
    (tmp_path / 'a.bin').write_bytes(data)
    again = read_regions(tmp_path / 'a.bin')
    assert again[0] is None
    assert again[1].tolist() == box.tolist()
    assert np.array_equal(again[2].pixels, mask.pixels)
    (tmp_path / 'cut.bin').write_bytes(data[:-3])
    with pytest.raises(ValueError, match=r'cut\.bin is not a trajectory'):
        read_regions(tmp_path / 'cut.bin')


def test_bad_regions_are_refused():
    with pytest.raises(ValueError, match='polygon'):
        parse_region('1,2,3,4,5,6')
    with pytest.raises(ValueError, match='cannot hold'):
        decode_mask(0, 0, 2, 2, [1, 9])
    with pytest.raises(ValueError, match='need sequences'):
        vot_scores([])
