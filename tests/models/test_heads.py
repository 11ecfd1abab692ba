"""The contract of a head: what it declares is what it gives, and says so at build or at the first forward pass."""

import numpy as np
import pytest
import torch
from torch import nn

import vtzoo
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.heads import Head
from vtzoo.registry import HEADS
from vtzoo.structures import Boxes

MODEL = dict(crop=dict(type='AreaCrop', template_size=48, search_size=80), backbone=dict(type='CvT', arch='tiny'),
             fusion=dict(type='AsymmetricMAM', blocks=1))
IMAGE = np.random.RandomState(0).randint(0, 255, (90, 120, 3)).astype(np.uint8)


@pytest.fixture
def registered():
    """Register a head for one test."""
    names = []

    def register(cls):
        HEADS.register_module(module=cls)
        names.append(cls.__name__)
        return lambda **more: vtzoo.build_model(dict(model=MODEL | dict(head=dict(type=cls.__name__)) | more))

    yield register
    for name in names:
        for registry in (HEADS, HEADS.parent):  # a part stands in mmengine's table of models, too
            registry.module_dict.pop(name, None)


class Scored(Head):
    """A box and a score per cell, and no confidence of its own."""

    gives = frozenset({'boxes', 'scores'})

    def __init__(self, spec, size):
        super().__init__(spec, size)
        self.out = nn.Conv2d(spec.channels, 5, 1)

    def predict(self, features):
        out = self.out(features.x).flatten(2).transpose(1, 2)
        side = features.x.shape[-1]
        cells = (torch.arange(side) + 0.5) / side
        return {'box': Boxes(out[..., :4].sigmoid(), out[..., 4], torch.cartesian_prod(cells, cells))}

    def default_losses(self):
        return [*super().default_losses(), dict(type='FocalLoss')]


def test_a_head_that_gives_scores_alone_is_ranked_and_scores_its_box(registered):
    tracker = OnlineTracker(registered(Scored)(), ranking=dict(type='WindowPenalty'))
    assert tracker.score_description == 'sigmoid of the score of the chosen box'
    tracker.init(IMAGE, (40, 30, 30, 20))
    with torch.inference_mode():
        prediction, _ = tracker.step(IMAGE, tracker.box)
    chosen = prediction.candidates.scores[0, prediction.index[0]].sigmoid()
    assert float(prediction.score[0]) == pytest.approx(float(chosen))


@pytest.mark.parametrize(('change', 'message'), [
    (dict(gives=None), 'must declare what it gives'), (dict(gives=frozenset({'scores'})), 'must declare what it gives'),
    (dict(gives=frozenset({'boxes', 'certainty'})), 'must declare what it gives'),
    (dict(branches='box'), 'must declare its branches'), (dict(branches=()), 'must declare its branches')])
def test_a_head_that_declares_nothing_sensible_is_refused_at_build(registered, change, message):
    with pytest.raises(ValueError, match=message):
        registered(type('Odd', (Scored,), change))()


@pytest.mark.parametrize(('change', 'message'), [
    (dict(gives=frozenset({'boxes', 'scores', 'confidence'})), 'its branch box fills boxes, scores of Boxes'),
    (dict(branches=('cell',)), 'declares the branches cell and gave box')])
def test_a_head_that_gives_something_else_is_told_so(registered, change, message):
    model = registered(type('Odd', (Scored,), change))()
    with pytest.raises(ValueError, match=message):
        model.read(torch.zeros(1, 3, 80, 80), model.memorize(torch.zeros(1, 1, 3, 48, 48)))
