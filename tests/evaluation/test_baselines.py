"""The trackers that every other one is measured against."""

import importlib.util
from pathlib import Path

import numpy as np

from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.synthetic import Synthetic

SPEC = importlib.util.spec_from_file_location('baselines', Path(__file__).parents[2] / 'tools' / 'baselines.py')
baselines = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(baselines)


def test_a_static_box_stays_and_mil_moves():
    sequence = Synthetic('test', sequences=1, length=6)[0]
    still = run_sequence(baselines.Static(), sequence).boxes
    assert (still == sequence.boxes[0]).all()
    first = run_sequence(baselines.MIL(), sequence).boxes
    assert np.abs(first[1:, 2:] - sequence.boxes[0, 2:]).max() <= 1  # whole pixels
    assert (first[1:] != still[1:]).any()
