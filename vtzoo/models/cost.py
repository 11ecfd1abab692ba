"""What a tracker costs, whatever the machine: parameters and multiply-accumulates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vtzoo.models.tracker import Tracker


class MACs(NamedTuple):
    """Multiply-accumulates to memorize the templates and to find the target in one frame."""

    memorize: int
    track: int


def count_parameters(model: nn.Module) -> int:
    """Numbers that are learnt; BatchNorm's statistics are none."""
    return sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()
def count_macs(model: Tracker, templates: int = 1) -> MACs:
    """Multiply-accumulates of matrix products, convolutions and attention: half of torch's flops.

    The forward pass is run once, on the device the model is on; its mode is put back. Shapes alone decide, so the
    count is the same on every device, for every kernel and in every version of torch.

    Args:
        model: a tracker model.
        templates: how many it memorizes.

    Raises:
        ValueError: a layer runs a product that is not known here.
    """
    training, parameter = model.training, next(model.parameters())
    z = parameter.new_zeros(1, templates, 3, model.crop.template_size, model.crop.template_size)
    x = parameter.new_zeros(1, 3, model.crop.search_size, model.crop.search_size)
    model.eval()
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # of nn.MultiheadAttention: one operator for all its products
    try:
        with _Counter() as memorizing:
            memory = model.memorize(z)
        with _Counter() as tracking:
            model.track(x, memory)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        model.train(training)
    return MACs(memorizing.macs, tracking.macs)


class _Counter(TorchDispatchMode):
    """Adds up the products of every operator that runs inside.

    torch.utils.flop_counter names each attention kernel, and counts nothing for one it does not name: with torch
    2.14 on a CPU that is all attention. Here the first three arguments of any such kernel, q, k and v, are enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: Mapping | None = None) -> Any:
        kwargs, name = kwargs or {}, func._schema.name.partition('::')[2]
        rule = _RULES.get(name.strip('_'))
        if 'scaled_dot_product' in name:
            rule = _attention  # whichever kernel it is
        if rule is None:
            with self:  # what is made of other operators is counted by those
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
            if _PRODUCT.search(name):
                raise ValueError(f'the multiply-accumulates of {func} are not known: add its formula to '
                                 'vtzoo/models/cost.py.')
        out = func(*args, **kwargs)
        if rule is not None:
            self.macs += rule(out, *args)
        return out


_PRODUCT = re.compile(
    r'(^|_)(\w*mm|\w*mv|v?dot|\w*conv\w*|(tri)?linear|matmul|einsum|lstm|gru|rnn|attention|transformer)(_|$)')
"""Operators that must not go by uncounted."""


def _product(out: Tensor, a: Tensor, b: Tensor, *options: object) -> int:
    """(..., n, k) times (..., k, m), or (k,)."""
    return out.numel() * a.shape[-1]


def _product_added(out: Tensor, bias: Tensor, a: Tensor, b: Tensor, *options: object) -> int:
    return out.numel() * a.shape[-1]


def _convolution(out: Tensor, x: Tensor, weight: Tensor, bias: object, stride: object, padding: object,
                 dilation: object, transposed: bool, *options: object) -> int:
    """Every output number, or every input number if transposed, meets one filter."""
    return (x if transposed else out).numel() * weight[0].numel()


def _attention(out: object, q: Tensor, k: Tensor, v: Tensor, *options: object) -> int:
    """(B, heads, L, d), (B, heads, N, d), (B, heads, N, e): q k^T, then weights times v."""
    return q.shape[:-1].numel() * k.shape[-2] * (q.shape[-1] + v.shape[-1])


_RULES: Mapping[str, Callable[..., int]] = MappingProxyType({
    **dict.fromkeys(('mm', 'bmm', 'mv'), _product),
    **dict.fromkeys(('addmm', 'addmm_activation', 'baddbmm', 'addmv'), _product_added),
    **dict.fromkeys(('convolution', 'convolution_overrideable'), _convolution)})
"""By an operator's name without its underscores, which mark a private or an in-place one."""
