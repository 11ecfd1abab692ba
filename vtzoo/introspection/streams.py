"""Whose tokens are these? Labels that follow the templates, the search region and tokens through a forward pass.

Every tensor that is computed from one of them gets labels of the same shape: for each of its numbers, the cell of a map
(or the free token) that it stands for. What moves numbers (view, permute, cat, gather) moves labels alike; what
computes (linear, add, attention) hands on those of its first operand, so a token stays itself whatever it reads; a
convolution or a pooling makes a new map of the same stream. So nobody writes down what a fusion does: it is watched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from vtzoo.models.attention import Reading

CELLS = 1 << 32
"""A label is the number of a map times this, plus the number of a cell in it, row by row; -1: nobody's."""

MOVES = frozenset((
    'alias', 'cat', 'chunk', 'clone', 'constant_pad_nd', 'contiguous', 'detach', 'diagonal', 'expand', 'flip', 'gather',
    'index', 'index_select', 'lift_fresh', 'movedim', 'narrow', 'permute', 'repeat', 'roll', 'scatter', 'select',
    'slice', 'split', 'split_with_sizes', 'squeeze', 'stack', 't', 'transpose', 'unbind', 'unsafe_split', 'unsqueeze',
    '_to_copy'))
"""Operators that move numbers and compute none."""
SHAPES = frozenset(('view', '_unsafe_view', 'reshape', '_reshape_alias'))
"""Operators that only read the same numbers as another shape."""
PRODUCTS = dict(mm=0, bmm=0, mv=0, addmm=1, baddbmm=1, addbmm=1, addmv=1)
"""Products of two matrices, and which argument is the first of these."""


class Map(NamedTuple):
    """A map of cells, or free tokens in a row (h = 1)."""

    stream: str
    h: int
    w: int


class Segment(NamedTuple):
    """The tokens of one stream in a sequence.

    stream: 'template', 'online template' (numbered where there are several), 'search', 'query token', 'box' (pooled
    from the search map), or 'score token' and 'own token' for tokens that came from nowhere. h, w: of their map, in
    cells. places: of the tokens in the sequence. cells: which cells of the map they are, row by row, some may be
    missing.
    """

    stream: str
    h: int
    w: int
    places: np.ndarray
    cells: np.ndarray


Meeting = Callable[[frozenset[str], frozenset[str], str], None]
"""Told of an operator in which tokens of the first streams are computed with numbers of the second, and its name."""
Attention = Callable[[Reading], None]
"""Told of torch's own attention; this project's tells of itself, see :func:`~vtzoo.models.attention.recording`."""


class Streams(TorchDispatchMode):
    """While active, labels follow the tensors that were given labels with :meth:`name`.

    Labels are kept beside tensors for as long as these live, so a mode that is entered again goes on.

    Args:
        meeting: see :data:`Meeting`.
        attention: see :data:`Attention`.
    """

    def __init__(self, meeting: Meeting, attention: Attention) -> None:
        super().__init__()
        self.maps: list[Map] = []
        self.labels: Any = WeakTensorKeyDictionary()
        self.meeting, self.attention = meeting, attention
        self._plain: set[Any] = set()  # operators that are not made of others

    def name(self, tensor: Tensor, stream: str) -> None:
        """Say of what stream a tensor (..., C, H, W) of images or maps is, or (B, Q, C) of free tokens."""
        if tensor.ndim == 3:
            self._label(tensor, self._grid(stream, 1, tensor.shape[1])[:, None])
        else:
            self._label(tensor, self._grid(stream, *tensor.shape[-2:]).view(tensor.shape[-2:]))

    def name_images(self, images: Tensor, names: Sequence[str]) -> None:
        """Say of what stream each of (T, 3, h, w) or (1, T, 3, h, w) images is."""
        h, w = images.shape[-2:]
        self._label(images, torch.stack([self._grid(name, h, w).view(1, h, w) for name in names]))

    def follow_rows(self, tensor: Tensor, rows: Tensor) -> None:
        """Say that the rows of a tensor stand for those of another, as an attention's weights do for its queries."""
        if rows in self.labels:
            self._label(tensor, self.labels[rows][..., :1])

    def stream_of(self, tensor: Tensor) -> frozenset[str]:
        """The streams of a tensor's numbers."""
        labels = self.labels.get(tensor)
        return frozenset() if labels is None else self._streams(labels)

    def segments(self, tokens: Tensor, otherwise: str) -> list[list[Segment]]:
        """Tokens (B, heads, N, d) -> the segments of each sequence in the batch; ``otherwise`` names unknown tokens."""
        labels = self.labels.get(tokens)
        rows = torch.full(tokens.shape[:1] + tokens.shape[2:3], -1) if labels is None else labels[:, 0, :, 0]
        return [list(self._segments(row, otherwise)) for row in rows.numpy()]

    def _segments(self, row: np.ndarray, otherwise: str) -> Iterator[Segment]:
        numbers = row // CELLS
        for number in dict.fromkeys(numbers.tolist()):  # in the order of the sequence
            places = np.flatnonzero(numbers == number)
            if number < 0:
                yield Segment(otherwise, 1, len(places), places, np.arange(len(places)))
                continue
            one = self.maps[number]
            y, x = np.divmod(row[places] % CELLS, one.w)
            down, right = _step(y), _step(x)  # patch merging, for one, keeps the labels of every second cell
            h, w = -(-one.h // down), -(-one.w // right)
            yield Segment(one.stream, h, w, places, y // down * w + x // right)

    def _grid(self, stream: str, h: int, w: int) -> Tensor:
        """Labels (h*w,) of a new map."""
        self.maps.append(Map(stream, h, w))
        return (len(self.maps) - 1) * CELLS + torch.arange(h * w, device='cpu')

    def _label(self, tensor: Tensor, labels: Tensor) -> None:
        self.labels[tensor] = labels.expand(tensor.shape)

    def _streams(self, labels: Tensor) -> frozenset[str]:
        # All channels of a token have one label: the first of them will do, wherever they are.
        some = (labels.select(dim, 0).flatten() for dim in range(-min(labels.ndim, 2), 0))
        numbers = (torch.cat([labels.flatten()[:1], *some]) // CELLS).unique().tolist()
        return frozenset(self.maps[number].stream for number in numbers if number >= 0)

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, func._schema.name.partition('::')[2]
        attention = name.strip('_').startswith('scaled_dot_product')
        if not attention and func not in self._plain and not name.startswith('upsample'):
            with self:  # what is made of other operators is followed through those
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
            self._plain.add(func)
        out = func(*args, **kwargs)
        if attention:
            q, k = args[:2]
            bias = args[3] if name == 'scaled_dot_product_attention' and len(args) > 3 else kwargs.get('attn_mask')
            self._computed(name, args[:1], out)
            if q.ndim == 4 and q.shape[1] == k.shape[1]:
                self.attention(Reading(q, k, _weights(q, k, kwargs.get('scale'), bias), None))
            return out
        if name in MOVES and self._moved(func, name, args, kwargs, out):
            return out
        if isinstance(args[0] if args else None, Tensor | list | tuple):
            self._computed(name, args, out)
        return out

    def _moved(self, func: Any, name: str, args: tuple, kwargs: Any, out: Any) -> bool:
        """Labels of numbers that were moved; False: where to is not known."""
        if any(one.is_meta and not one.is_floating_point() for one in _tensors(args[1:])):
            return self._moved_somewhere(name, args, out)
        if isinstance(args[0], list | tuple):
            if not any(one in self.labels for one in args[0]):
                return True
            args = [self._of(one) for one in args[0]], *args[1:]
        elif name == 'scatter' and len(args) > 3 and isinstance(args[3], Tensor):
            args = self._of(args[0]), *args[1:3], self._of(args[3])
        elif args[0] not in self.labels:
            return True
        elif name in ('clone', 'contiguous', 'detach', 'alias', 'lift_fresh', '_to_copy'):
            self._label(out, self.labels[args[0]])
            return True
        elif name == 'constant_pad_nd':
            args, kwargs = (self.labels[args[0]], args[1], -1), {}
        else:
            args = self.labels[args[0]], *args[1:]
        moved = func(*args, **kwargs)
        for one, labels in zip(_several(out), _several(moved), strict=True):
            self._label(one, labels)
        return True

    def _moved_somewhere(self, name: str, args: tuple, out: Tensor) -> bool:
        """An index without numbers in it picks any cells: the first of the map are taken, or all are put back."""
        if name == 'gather' and args[0] in self.labels:
            self._label(out, self.labels[args[0]].narrow(args[1], 0, out.shape[args[1]]))
            return True
        if name == 'scatter' and len(args) > 3 and isinstance(args[3], Tensor) and args[3] in self.labels:
            first = int(self.labels[args[3]].flatten()[0])
            whole = first // CELLS * CELLS + torch.arange(out.shape[args[1]], device='cpu')
            self._label(out, whole.view(-1, *[1] * (out.ndim - 1 - args[1] % out.ndim)))
            return True
        return False

    def _of(self, tensor: Tensor) -> Tensor:
        """Its labels, or that it has none."""
        labels = self.labels.get(tensor)
        return torch.tensor(-1, device='cpu').expand(tensor.shape) if labels is None else labels

    def _computed(self, name: str, args: tuple, out: Any) -> None:
        """Labels of what was computed: those of the first operand that has any, as far as they fit."""
        operands = [one for one in _tensors(args[PRODUCTS.get(name, 0):]) if one in self.labels]
        if not operands:
            return
        first, others = operands[0], operands[1:]
        labels, product = self.labels[first], name in PRODUCTS
        if product and first is not args[PRODUCTS[name]]:
            return  # its tokens are summed up in others, which nobody named
        if product and others and 'search' in self.stream_of(others[0]) - self.stream_of(first):
            first, others = others[0], [first]  # the frame reads what was there before it: its cells are the columns
            labels = self.labels[first][..., :1, :].expand_as(out)
        for one in _several(out):
            if isinstance(one, Tensor) and one is not first and (fit := self._fit(name, labels, one.shape)) is not None:
                self._label(one, fit)
        who = self.stream_of(first)
        whom = frozenset().union(*(self.stream_of(one) for one in others)) - who
        if who and whom:
            self.meeting(who, whom, 'correlation' if product or name.startswith('conv') else name.strip('_'))

    def _fit(self, name: str, labels: Tensor, shape: torch.Size) -> Tensor | None:
        """Labels for a result of this shape; None: they are lost."""
        if name in SHAPES:
            return labels.reshape(shape)
        if labels.shape == shape:
            return labels
        if labels.ndim == len(shape) == 4 and labels.shape[0] == shape[0] and (
                name.startswith(('convolution', 'upsample')) or labels.shape[1] == shape[1]):
            return self._new_map(labels, shape)
        if labels.ndim == len(shape) and labels.shape[:-1] == shape[:-1]:
            return labels[..., :1].expand(shape)  # rows times a matrix
        for dim in range(labels.ndim):
            if len(shape) < labels.ndim and labels.shape[:dim] + labels.shape[dim + 1:] == shape:
                return labels.select(dim, 0)  # a sum or a mean stands for the first of what it is made of
        if len(shape) == labels.ndim and all(n in (1, old) for n, old in zip(shape, labels.shape, strict=True)):
            return labels[tuple(slice(n) for n in shape)]
        if len(shape) < labels.ndim and labels.shape[:len(shape)] == shape:
            return labels.flatten(len(shape))[..., 0]
        fits = len(shape) >= labels.ndim and all(
            old in (1, n) for n, old in zip(reversed(shape), reversed(labels.shape), strict=False))
        return labels.expand(shape) if fits else None

    def _new_map(self, labels: Tensor, shape: torch.Size) -> Tensor:
        """A map of another size that was made of each image (N, C, H, W)."""
        if labels.shape[-2:] == shape[-2:]:
            return labels[:, :1].expand(shape)
        owners = (labels[:, 0].flatten(1).amax(1) // CELLS).tolist()
        grids = {number: torch.full((math.prod(shape[-2:]),), -1) if number < 0 else
                 self._grid(self.maps[number].stream, *shape[-2:]) for number in dict.fromkeys(owners)}
        return torch.stack([grids[number] for number in owners]).view(-1, 1, *shape[-2:]).expand(shape)


def _weights(q: Tensor, k: Tensor, scale: float | None, bias: Tensor | None) -> Tensor:
    """(B, heads, L, N) of torch's attention, which does not give them."""
    logits = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if bias is not None:
        logits = logits.masked_fill(~bias, -math.inf) if bias.dtype == torch.bool else logits + bias
    return logits.softmax(-1)


def template_names(count: int) -> list[str]:
    """The first template, then the online ones, numbered where there are several."""
    numbers = [''] if count == 2 else [f' {i}' for i in range(1, count)]
    return ['template', *(f'online template{number}' for number in numbers)][:count]


def _step(places: np.ndarray) -> int:
    """How far apart the rows or columns that occur are."""
    return math.gcd(*np.diff(np.unique(places)).tolist()) or 1


def _several(values: Any) -> Sequence[Any]:
    return values if isinstance(values, list | tuple) else (values,)


def _tensors(values: Any) -> Iterator[Tensor]:
    """Tensors among arguments, also in lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
