"""Floating-point operations of a function, and how fast its matrix products are alone.

Counted are matrix products, two operations for each multiply-add, as torch's own counter does. It knows no
recurrent layers and no attention kernel of the CPU; their products are worked out here. An LSTM layer with
input `[T, B, I]` and width H multiplies its weights `[4H, I]` and `[4H, H]` with T * B rows; the backward
pass does so twice, for the gradients of the input and of the weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import (
    FlopCounterMode,
    sdpa_backward_flop_count,
    sdpa_flop_count,
)

from mariel_gnn.benchmark.clock import seconds

_ATEN: Any = torch.ops.aten
Shape = Sequence[int]


def lstm_flops(input_shape: Shape, *weights: Shape, passes: int = 1) -> int:
    """The operations of a recurrent layer: each of its weight matrices times each row of each step.

    Args:
        input_shape: `[T, B, I]` or `[B, T, I]`.
        weights: shapes of all weights; biases are left out.
        passes: 1 forward, 2 backward.
    """
    steps_and_rows = input_shape[0] * input_shape[1]
    return 2 * passes * steps_and_rows * sum(prod(shape) for shape in weights if len(shape) == 2)


def _one_layer(input_shape: Shape, ih: Shape, hh: Shape, *_: Any, **__: Any) -> int:
    return lstm_flops(input_shape, ih, hh)


def _one_layer_backward(input_shape: Shape, ih: Shape, hh: Shape, *_: Any, **__: Any) -> int:
    return lstm_flops(input_shape, ih, hh, passes=2)


def _all_layers(input_shape: Shape, weights: Sequence[Shape], *_: Any, **__: Any) -> int:
    return lstm_flops(input_shape, *weights)


def _all_layers_backward(input_shape: Shape, weights: Sequence[Shape], *_: Any, **__: Any) -> int:
    return lstm_flops(input_shape, *weights, passes=2)


def _attention(query: Shape, key: Shape, value: Shape, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


def _attention_backward(
    grad: Shape, query: Shape, key: Shape, value: Shape, *_: Any, **__: Any
) -> int:
    return int(sdpa_backward_flop_count(grad, query, key, value))


_CPU_ATTENTION = "_scaled_dot_product_flash_attention_for_cpu"
WORKED_OUT: dict[Any, Callable[..., int]] = {
    _ATEN.mkldnn_rnn_layer: _one_layer,
    _ATEN.mkldnn_rnn_layer_backward: _one_layer_backward,
    _ATEN._cudnn_rnn: _all_layers,
    _ATEN._cudnn_rnn_backward: _all_layers_backward,
    getattr(_ATEN, _CPU_ATTENTION): _attention,
    getattr(_ATEN, f"{_CPU_ATTENTION}_backward"): _attention_backward,
}
"""Operations that torch's counter does not know -> their floating-point operations."""


def count_flops(function: Callable[[], Any]) -> int:
    """The floating-point operations of a call, those of its backward pass included."""
    with FlopCounterMode(display=False, custom_mapping=WORKED_OUT) as counter:
        function()
    return int(counter.get_total_flops())


class Product(NamedTuple):
    """Matrix products of one call: `stack` times `[m, k]` by `[k, n]`, in one call, of one type."""

    stack: int
    m: int
    k: int
    n: int
    dtype: torch.dtype

    @property
    def flops(self) -> int:
        """Its floating-point operations."""
        return 2 * self.stack * self.m * self.k * self.n


class ProductRecorder(TorchDispatchMode):
    """Records the matrix products of what runs inside it, those of recurrent and convolution layers included.

    Attributes:
        products: product -> how often.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types here
        self.products: Counter[Product] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        self.products.update(_products_of(func.overloadpacket, args, found))
        return found

    @property
    def flops(self) -> int:
        """The floating-point operations of all products."""
        return sum(product.flops * often for product, often in self.products.items())


def _products_of(operation: Any, args: Any, found: Any) -> list[Product]:
    """The matrix products of one operation, from what goes in and what comes out."""
    name = str(operation).removeprefix("aten.")
    if name in ("mm", "bmm"):
        return [_of_pair(*args[:2])]
    if name in ("addmm", "baddbmm"):
        return [_of_pair(*args[1:3])]
    if name.startswith("mkldnn_rnn_layer"):
        return _of_lstm(args[0], args[1:3]) * (2 if name.endswith("backward") else 1)
    if name.startswith("_cudnn_rnn"):
        return _of_lstm(args[0], args[1]) * (2 if name.endswith("backward") else 1)
    if name == "convolution":
        return [_of_convolution(args[0] if args[6] else found, args[1])]
    if name == "convolution_backward":
        return [_of_convolution(args[1] if args[7] else args[0], args[2])] * sum(args[-1][:2])
    if name == _CPU_ATTENTION:
        return _of_attention(*args[:3])
    if name == f"{_CPU_ATTENTION}_backward":
        forward = _of_attention(*args[1:4])
        return [*forward, *forward, forward[0]]  # five products; the logits are computed again
    return []


def _of_pair(a: Tensor, b: Tensor) -> Product:
    return Product(prod(a.shape[:-2]), a.shape[-2], a.shape[-1], b.shape[-1], a.dtype)


def _of_lstm(steps: Tensor, weights: Sequence[Tensor]) -> list[Product]:
    """All steps at once for the input, one step after the other for the hidden state."""
    rows, found = steps.shape[0] * steps.shape[1], []
    for number, weight in enumerate(each for each in weights if each.ndim == 2):
        outputs, inputs = weight.shape
        if number % 2 == 0:
            found.append(Product(1, rows, inputs, outputs, steps.dtype))
        else:
            found += [Product(1, steps.shape[1], inputs, outputs, steps.dtype)] * steps.shape[0]
    return found


def _of_convolution(signal: Tensor, weight: Tensor) -> Product:
    """A convolution as a product with unfolded windows.

    Args:
        signal: `[B, D, L]` the output, or the input of a transposed convolution.
        weight: the kernels.
    """
    rows = signal.shape[0] * prod(signal.shape[2:])
    return Product(1, rows, prod(weight.shape[1:]), weight.shape[0], signal.dtype)


def _of_attention(query: Tensor, key: Tensor, value: Tensor) -> list[Product]:
    count, rows, width = prod(query.shape[:-2]), query.shape[-2], query.shape[-1]
    return [
        Product(count, rows, width, key.shape[-2], query.dtype),
        Product(count, rows, key.shape[-2], value.shape[-1], query.dtype),
    ]


def record_products(function: Callable[[], Any]) -> Counter[Product]:
    """The matrix products of a call -> how often."""
    recorder = ProductRecorder()
    with recorder:
        function()
    return recorder.products


def share_in_bfloat16(products: Counter[Product]) -> float:
    """The share of the operations that are products of bfloat16 numbers."""
    flops = {
        dtype: sum(each.flops * often for each, often in products.items() if each.dtype == dtype)
        for dtype in {each.dtype for each in products}
    }
    return flops.get(torch.bfloat16, 0) / max(sum(flops.values()), 1)


def products_alone_s(products: Counter[Product], device: torch.device, repeats: int = 3) -> float:
    """The seconds that the products take alone, one after the other; the least of some repeats of each."""
    total_s = 0.0
    for product, often in products.items():
        a = torch.randn(product.stack, product.m, product.k, device=device).to(product.dtype)
        b = torch.randn(product.stack, product.k, product.n, device=device).to(product.dtype)
        pair = (a[0], b[0]) if product.stack == 1 else (a, b)
        torch.matmul(*pair)
        once = [seconds(lambda pair=pair: torch.matmul(*pair), device) for _ in range(repeats)]  # type: ignore[misc]
        total_s += often * min(once)
    return total_s
