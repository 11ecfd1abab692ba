"""What a sweep hands to the services that its config names."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.visualization import BaseVisBackend

from vtzoo.registry import VISBACKENDS
from vtzoo.sweep.backends import hand_over
from vtzoo.sweep.plan import Budget, Plan, Variant
from vtzoo.sweep.report import Row

TINY = 'tests/configs/run_tiny.py'


class Recorder(BaseVisBackend):
    """Keeps what it is told."""

    told: list = []

    experiment = property(lambda self: self)

    def _init_env(self):
        pass

    def add_config(self, config, **kwargs):
        self.told.append(('config', config.to_dict()))

    def add_scalars(self, scalars, step=0, file_path=None, **kwargs):
        self.told.append(('scalars', scalars))

    def add_image(self, name, image, step=0, **kwargs):
        self.told.append((name, image))


@pytest.fixture
def sweep(monkeypatch):
    monkeypatch.setitem(VISBACKENDS._module_dict, 'Recorder', Recorder)
    monkeypatch.setattr(Recorder, 'told', [])

    def make(*backends):
        options = {'visualizer.vis_backends': [dict(type=name) for name in backends]}
        variants = [Variant(name, TINY, options) for name in ('K = 2', 'K = 4')]
        scores = SimpleNamespace(scores={'AO': np.array([40.0, 50.0]), 'SR0.5': np.array([30.0, 40.0])})
        done = dict(state='done', seconds=60.0, reason=None)
        rows = [Row(variants[0], {0: done}, {0: scores}),
                Row(variants[1], {0: dict(done, state='crashed', reason='no memory')})]
        return Plan(variants, [0], 'synthetic', Budget(steps=4)), rows
    return make


COSTS = {'K = 2': (1000, 2000), 'K = 4': (1000, 2000)}


def test_plan_scores_table_and_curves_are_handed_over(sweep, tmp_path):
    plan, rows = sweep('LocalVisBackend', 'Recorder')
    cv2.imwrite(str(tmp_path / 'curves.png'), np.full((20, 30, 3), (0, 0, 255), np.uint8))
    assert hand_over(plan, tmp_path, rows, COSTS) == ['Recorder']
    told = dict(Recorder.told)
    assert told['config']['budget'] == dict(steps=4, minutes=None)
    assert told['scalars'] == {'sweep/K = 2/AO': 45.0, 'sweep/K = 2/SR0.5': 35.0}
    assert told['sweep/curves'].shape == (20, 30, 3)
    assert tuple(told['sweep/curves'][0, 0]) == (255, 0, 0), 'red, in RGB'
    table = told['sweep/table']
    assert table.shape[1] > 300
    assert (table < 100).any(), 'there is text on it'


def test_files_beside_a_run_are_no_service(sweep, tmp_path):
    plan, rows = sweep('LocalVisBackend')
    assert hand_over(plan, tmp_path, rows, COSTS) == []
    assert not list(tmp_path.iterdir())
