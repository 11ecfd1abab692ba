"""Every registered loss is finite, with a finite gradient, whatever the boxes and scores are."""

import itertools

import pytest
import torch

import vtzoo
from vtzoo.registry import LOSSES, build
from vtzoo.structures import Boxes, Target

CELLS = 16
SIZES = dict(random=None, degenerate=(0.0, 0.0), thin=(1e-30, 0.5), inverted=(-0.4, -0.2), huge=(1e20, 1e30),
             largest=(3e38, -3e38))
TRUTHS = dict(inside=[0.5, 0.5, 0.3, 0.2], none=[0.0, 0.0, 0.0, 0.0], point=[0.5, 0.5, 0.0, 0.0],
              outside=[5.0, -3.0, 0.5, 0.5], huge=[0.5, 0.5, 1e4, 1e4], inverted=[0.5, 0.5, -0.3, -0.2])
SCORES = (0.0, 50.0, -50.0, 1e30, -1e30)


def names():
    return vtzoo.list_components('loss')


def predicted(size, score, dense):
    generator = torch.Generator().manual_seed(0)
    n = CELLS if dense else 1
    boxes = torch.rand(2, n, 4, generator=generator)
    if size is not None:
        boxes[..., 2:] = torch.tensor(size)
    scores = torch.randn(2, n, generator=generator) + score
    at = (torch.arange(4) + 0.5) / 4
    points = torch.stack([at.repeat(4), at.repeat_interleave(4)], -1) if dense else None
    return Boxes(boxes.requires_grad_(), scores.requires_grad_(), points)


def forms(loss, target):
    """A box for each cell, and one box where the loss takes it."""
    yield True
    try:
        loss(predicted(None, 0.0, False), target)
    except ValueError as error:
        assert 'head=dict(type=' in str(error)  # noqa: PT017  it needs cells, and says which head has them
    else:
        yield False


@pytest.mark.parametrize('name', names())
def test_finite_whatever_is_given(name):
    loss = build(LOSSES, dict(type=name))
    for (truth, box), positive in itertools.product(TRUTHS.items(), ((True, True), (True, False), (False, False))):
        target = Target(torch.tensor([box, TRUTHS['inside']]), torch.tensor(positive))
        for dense in forms(loss, target):
            for (kind, size), score in itertools.product(SIZES.items(), SCORES):
                given = predicted(size, score, dense)
                value = loss(given, target)
                said = f'{kind} boxes, scores at {score}, truth {truth}, positive {positive}'
                assert value.shape == (), said
                assert torch.isfinite(value), said
                if value.requires_grad:
                    value.backward()
                for tensor in (given.boxes, given.scores):
                    assert tensor.grad is None or torch.isfinite(tensor.grad).all(), said


@pytest.mark.parametrize('name', names())
def test_a_loss_falls_when_its_gradient_is_followed(name):
    loss, target = build(LOSSES, dict(type=name)), Target(torch.tensor([[0.5, 0.5, 0.4, 0.4]] * 2),
                                                         torch.tensor([True, True]))
    given = predicted((0.3, 0.5), 0.0, True)
    before = loss(given, target)
    before.backward()
    step = given._replace(**{field: value - 1e-3 * value.grad for field in ('boxes', 'scores')
                             if (value := getattr(given, field)).grad is not None})
    assert loss(step, target) < before


@pytest.mark.parametrize('name', names())
def test_what_a_loss_declares(name):
    loss = build(LOSSES, dict(type=name, weight=dict(fc=0.5)))
    assert loss.needs in ('boxes', 'scores')
    assert loss.name == loss.name.lower()
    assert loss.weight_of('fc') == 0.5
