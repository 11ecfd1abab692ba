"""Scaled dot-product attention, the one place where queries meet keys.

It runs through torch's fused kernel. Two things need the attention map itself: keeping only the
top-k keys of each query, and :func:`recording`, which shows them to whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vtzoo.models.sparse_attention import fits, topk_attention
from vtzoo.utils.require import require


def require_heads(name: str, dim: int, heads: int) -> None:
    """Attention heads share the channels evenly."""
    require(dim > 0 and heads > 0 and dim % heads == 0,
            f'{name} cannot split dim={dim} into {heads} heads: write heads that divide it.')


class Reading(NamedTuple):
    """One attention: queries q (B, heads, L, d), keys k (B, heads, N, d), and weights (B, heads, L, N) of keys for each
    query. topk: how many keys a query keeps; None: all."""

    q: Tensor
    k: Tensor
    weights: Tensor
    topk: int | None


_listeners: list[Callable[[Reading], object]] = []


@contextmanager
def recording(listener: Callable[[Reading], object] | None = None) -> Iterator[list[Reading]]:
    """Record every attention computed inside, in order of execution.

    Args:
        listener: told of each as it is computed; None: they are collected in a list.

    Example::

        with recording() as readings:
            model.read(x, memory)
        print([reading.weights.shape for reading in readings])
    """
    readings: list[Reading] = []
    listener = listener or (lambda reading: readings.append(reading._replace(weights=reading.weights.detach())))
    _listeners.append(listener)
    try:
        yield readings
    finally:
        _listeners.remove(listener)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float | None = None, topk: int | None = None,
           dropout: float = 0.0) -> Tensor:
    """softmax(q k^T scale) v.

    Args:
        q: (B, heads, L, d) queries.
        k, v: (B, heads, N, d) keys and values.
        scale: of the logits; None: d ** -0.5.
        topk: each query of each head keeps its ``topk`` largest logits, all other weights are zero
            (SparseTT, section 3.3); None or topk >= N: all.
        dropout: probability of dropping a weight.

    Returns:
        (B, heads, L, d).
    """
    sparse = topk is not None and topk < k.shape[2]
    if not sparse and not _listeners:
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale)
    if sparse and not _listeners and fits(q, k, v, dropout):
        return topk_attention(q * (q.shape[-1] ** -0.5 if scale is None else scale), k, v, topk)
    if sparse:
        logits = _logits(q, k, scale)
        kept, where = logits.topk(topk, dim=-1, sorted=False)
        weights = torch.zeros_like(logits).scatter(-1, where, kept.softmax(-1).to(logits.dtype))
    else:
        weights = attention_weights(q, k, scale)
    for listener in _listeners:
        listener(Reading(q, k, weights, topk if sparse else None))
    return F.dropout(weights, dropout) @ v


def attention_weights(q: Tensor, k: Tensor, scale: float | None = None) -> Tensor:
    """softmax(q k^T scale), (B, heads, L, N); see :func:`attend`."""
    return _logits(q, k, scale).softmax(-1)


def _logits(q: Tensor, k: Tensor, scale: float | None) -> Tensor:
    return (q * (q.shape[-1] ** -0.5 if scale is None else scale)) @ k.transpose(-2, -1)


def heads_apart(t: Tensor, heads: int) -> Tensor:
    """(B, N, heads*d) -> (B, heads, N, d)."""
    return t.unflatten(-1, (heads, -1)).transpose(1, 2)


def heads_together(t: Tensor) -> Tensor:
    """(B, heads, N, d) -> (B, N, heads*d)."""
    return t.transpose(1, 2).flatten(2)


class Attention(nn.Module):
    """Multi-head attention, dropout on its weights, with keys and values that can be computed once.

    Args:
        dim: channels; a multiple of ``heads``.
        heads: attention heads.
        dropout: on attention weights, in training.
        topk: see :func:`attend`.
    """

    def __init__(self, dim: int, heads: int, dropout: float = 0.0, topk: int | None = None) -> None:
        super().__init__()
        self.heads, self.dropout, self.topk = heads, dropout, topk
        self.q, self.k, self.v, self.out = (nn.Linear(dim, dim) for _ in range(4))
        for linear in (self.q, self.k, self.v):
            nn.init.xavier_uniform_(linear.weight, gain=2 ** -0.5)  # as one fused (3 dim, dim) matrix
            nn.init.zeros_(linear.bias)
        nn.init.zeros_(self.out.bias)

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N, C) -> k, v, each (B, heads, N, d)."""
        return heads_apart(self.k(memory), self.heads), heads_apart(self.v(memory), self.heads)

    def forward(self, t: Tensor, k: Tensor, v: Tensor, extra: int = 0) -> Tensor:
        """t (B, L, C) reads k, v (B, heads, N, d) -> (B, L, C). ``extra`` keys come on top of topk."""
        topk = None if self.topk is None else self.topk + extra
        dropout = self.dropout if self.training else 0.0
        return self.out(heads_together(attend(heads_apart(self.q(t), self.heads), k, v, None, topk, dropout)))
