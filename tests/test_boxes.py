"""Box arithmetic: values by hand, and finite numbers and gradients for any finite boxes."""

import itertools
import math

import pytest
import torch

from vtzoo import boxes

UNIT = [0.0, 0.0, 1.0, 1.0]
ODD = [UNIT, [0.2, 0.3, 0.2, 0.9], [0.5] * 4, [0.0] * 4, [0.9, 0.8, 0.1, 0.2], [-3.0, -2.0, -1.0, -1.5],
       [0.5, 0.5, 0.5 + 1e-7, 0.5 + 1e-7], [1e-30, 0, 2e-30, 1e-30], [0, 0, 1e-38, 1.0], [-1e20, -1e20, 1e20, 1e20],
       [1e30, 1e30, -1e30, 3e38], [3e38, 3e38, 3e38, 3e38], [0, 0, 3e38, 1e-38]]
COMPARED = dict(iou=boxes.iou, giou=boxes.giou, ciou=boxes.ciou, iou_of_pixels=lambda a, b: boxes.iou(a, b, 1 / 289))


def compared(function, a, b):
    return float(function(torch.tensor(a), torch.tensor(b)))


def test_every_form_and_back():
    cxcywh, xyxy, xywh = [0.5, 0.6, 0.2, 0.4], [0.4, 0.4, 0.6, 0.8], [0.4, 0.4, 0.2, 0.4]
    for function, given, wanted in ((boxes.cxcywh_to_xyxy, cxcywh, xyxy), (boxes.xyxy_to_cxcywh, xyxy, cxcywh),
                                    (boxes.xywh_to_cxcywh, xywh, cxcywh)):
        for shape in ((4,), (1, 4), (2, 3, 4)):
            box = torch.tensor(given).expand(shape)
            torch.testing.assert_close(function(box), torch.tensor(wanted).expand(shape))


def test_overlap_by_hand():
    quarter, beside, far = [0.5, 0.5, 1.5, 1.5], [1.0, 0.0, 2.0, 1.0], [3.0, 0.0, 4.0, 1.0]
    assert compared(boxes.iou, UNIT, UNIT) == 1
    assert compared(boxes.iou, UNIT, quarter) == pytest.approx(0.25 / 1.75)
    assert compared(boxes.iou, UNIT, beside) == 0
    assert boxes.iou(torch.tensor(UNIT), torch.tensor(beside), 1.0) == pytest.approx(2 / 6)  # 2 x 2 each, 1 x 2 shared
    assert compared(boxes.giou, UNIT, UNIT) == 1
    assert compared(boxes.giou, UNIT, quarter) == pytest.approx(0.25 / 1.75 - (2.25 - 1.75) / 2.25)
    assert compared(boxes.giou, UNIT, far) == pytest.approx(-0.5)  # hull 4, union 2


def test_complete_iou_by_hand():
    wide = [0.0, 0.0, 1.0, 0.8]
    v = 4 / math.pi ** 2 * (math.atan(1 / 0.8) - math.atan(1)) ** 2
    assert compared(boxes.ciou, UNIT, wide) == pytest.approx(0.8 - 0.01 / 2 - v * v / (0.2 + v), rel=1e-5)
    far = [3.0, 0.0, 4.0, 1.0]  # centres 3 apart, diagonal of the hull 4 by 1
    assert compared(boxes.ciou, UNIT, far) == pytest.approx(-9 / 17)


@pytest.mark.parametrize('name', COMPARED)
def test_comparisons_are_finite_whatever_is_given(name):
    generator = torch.Generator().manual_seed(0)
    pairs = torch.tensor(list(itertools.product(ODD, ODD)), dtype=torch.float32)
    drawn = torch.randn(300, 2, 4, generator=generator) * 10 ** torch.empty(300, 2, 1).uniform_(
        -40, 38, generator=generator)
    given = torch.cat([pairs, drawn.clamp(-3e38, 3e38)]).requires_grad_()
    value = COMPARED[name](*given.unbind(1))
    low = 0 if name.startswith('iou') else -1
    wrong = ~((value >= low - 1e-5) & (value <= 1 + 1e-5))
    assert not wrong.any(), given[wrong]
    value.sum().backward()
    assert torch.isfinite(given.grad).all(), given[~torch.isfinite(given.grad).flatten(1).all(1)]


def test_gradients_by_finite_differences():
    generator = torch.Generator().manual_seed(1)
    a, b = (boxes.cxcywh_to_xyxy(torch.rand(8, 4, generator=generator, dtype=torch.float64) * 0.3 + 0.2)
            for _ in range(2))
    for function in (boxes.iou, boxes.giou):
        assert torch.autograd.gradcheck(function, (a.requires_grad_(), b.requires_grad_()))
