"""The quick way of top-k attention gives what the plain one gives."""

import pytest
import torch

from vtzoo.models.attention import attend
from vtzoo.models.sparse_attention import fits, topk_attention


def plain(q, k, v, topk):
    logits = q @ k.transpose(-2, -1)
    kept, where = logits.topk(topk, -1)
    return torch.zeros_like(logits).scatter(-1, where, kept.softmax(-1)) @ v


@pytest.mark.parametrize(('batch', 'queries', 'keys', 'topk'), [(1, 5, 9, 1), (2, 7, 40, 39), (3, 1, 64, 16)])
def test_it_equals_the_plain_way(batch, queries, keys, topk):
    torch.manual_seed(0)
    q, k, v = torch.randn(batch, 4, queries, 8), torch.randn(batch, 4, keys, 8), torch.randn(batch, 4, keys, 6)
    with torch.inference_mode():
        torch.testing.assert_close(topk_attention(q, k, v, topk), plain(q, k, v, topk), rtol=0, atol=1e-5)
        torch.testing.assert_close(attend(q, k, v, 1.0, topk), plain(q, k, v, topk), rtol=0, atol=1e-5)


def test_equal_logits_at_the_threshold_are_kept_as_topk_keeps_them():
    torch.manual_seed(0)
    q, k, v = torch.zeros(2, 3, 5, 4), torch.randn(2, 3, 6, 4), torch.randn(2, 3, 6, 4)
    q[:, 0, 1::2] = torch.randn(2, 2, 4)  # some queries of a head are tied, others are not
    k[:, 1, 3] = k[:, 1, 2]
    q[:, 1] = torch.randn(2, 5, 4)
    with torch.inference_mode():
        for topk in range(1, 6):
            torch.testing.assert_close(topk_attention(q, k, v, topk), plain(q, k, v, topk), rtol=0, atol=1e-5)
            torch.testing.assert_close(attend(q, k, v, 1.0, topk), plain(q, k, v, topk), rtol=0, atol=1e-5)


def test_large_logits_stay_finite():
    q, k, v = torch.full((1, 1, 2, 4), 1e4), torch.randn(1, 1, 8, 4) * 100, torch.randn(1, 1, 8, 4)
    found = topk_attention(q, k, v, 3)
    torch.testing.assert_close(found, plain(q, k, v, 3), rtol=0, atol=1e-5)


def test_it_is_for_tracking_on_a_cpu_only():
    q = torch.randn(1, 1, 2, 4)
    assert fits(q, q, q, 0.0)
    assert not fits(q.double(), q, q, 0.0)
    assert not fits(q.to('meta'), q, q, 0.0)
    assert not fits(q, q, q, 0.1)
    learnt = torch.randn(1, 1, 2, 4, requires_grad=True)
    assert not fits(q, learnt, q, 0.0)
    with torch.no_grad():
        assert fits(q, learnt.detach(), q, 0.0)
