"""A validation's average overlap is the one of the protocol that gives it its name."""

import numpy as np
import pytest

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.benchmarks import truth_of
from vtzoo.evaluation.results import SequenceResult
from vtzoo.evaluation.scoring.protocols import PROTOCOLS
from vtzoo.evaluation.scoring.score import Case, score
from vtzoo.evaluation.scoring.validation import average_overlap, validation_case

SIZE, FRAMES = (100, 80), 30


def sequence(seed, **attributes):
    """Boxes that partly lie outside the image."""
    rng = np.random.default_rng(seed)
    boxes = rng.uniform([-20, -20, 10, 10], [90, 70, 50, 50], (FRAMES, 4))
    images = [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * FRAMES
    return TrackingSequence(f's{seed}', images, boxes, rng.random(FRAMES) < 0.8, attributes)


def result(truth, seed):
    boxes = truth.boxes + np.random.default_rng(seed).normal(0, 8, truth.boxes.shape)
    return SequenceResult(boxes, np.ones(FRAMES), np.full(FRAMES, 0.1))


def test_it_is_the_protocols_own():
    cover = np.random.default_rng(5).integers(0, 9, FRAMES)
    truths = [sequence(0), sequence(1, cover=cover), sequence(2, absent=cover < 3)]
    results = [result(truth, i) for i, truth in enumerate(truths)]
    found = average_overlap(map(validation_case, truths, results))
    cases = [Case(truth.name, truth_of(truth, True), [one.boxes]) for truth, one in zip(truths, results, strict=True)]
    expected = score(PROTOCOLS['got10k'], {'t': cases})['t'].overall
    assert found == {'AO': expected['AO'] / 100, 'SR0.5': expected['SR0.5'] / 100}


def test_boxes_are_clipped_to_the_image_as_the_toolkit_does():
    """By hand: the toolkit moves x to 0 and leaves the width, so -20 with width 50 becomes 0 with width 50."""
    images = [np.zeros((100, 100, 3), np.uint8)] * 2
    truth = TrackingSequence('edge', images, np.array([[0, 0, 50, 50], [-20, 0, 50, 50.0]]), np.ones(2, bool), {})
    one = SequenceResult(np.array([[0, 0, 50, 50], [0, 0, 50, 50.0]]), np.ones(2), np.ones(2))
    assert average_overlap([validation_case(truth, one)]) == {'AO': pytest.approx(1), 'SR0.5': 1}


def test_a_frame_without_a_box_does_not_count():
    truth = sequence(0, absent=np.zeros(FRAMES, bool))
    truth.boxes[7] = np.nan
    found = average_overlap([validation_case(truth, result(truth, 0))])
    assert 0 < found['AO'] < 1


def test_validation_over_nothing_is_an_error():
    with pytest.raises(ValueError, match='not one validation sequence can be read'):
        average_overlap([])
    hidden = sequence(0, absent=np.arange(FRAMES) > 0)
    with pytest.raises(ValueError, match='none of its frames counts'):
        average_overlap([validation_case(hidden, result(hidden, 0))])
