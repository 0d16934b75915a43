"""Matrix products in bfloat16 while a network trains, on processors with units for them.

On such a processor the products of a network take a third to a half of their time. Results of a trained model
are computed in full precision everywhere: only the gradients have the noise of rounding.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch
from torch import Tensor, nn


def fast_products(network: nn.Module, inputs: Tensor) -> AbstractContextManager[object]:
    """The context in which a network computes: in bfloat16 if it trains on a fitting CPU.

    Other devices follow `trainer.precision`. Outputs may be bfloat16: convert them with `float()`.

    Args:
        network: in training mode or not.
        inputs: a tensor on its device.
    """
    if network.training and inputs.device.type == "cpu" and multiplies_bfloat16():
        return torch.autocast("cpu", torch.bfloat16)
    return nullcontext()


@cache
def multiplies_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16; without them it is slower than float32."""
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("amx_bf16", "avx512_bf16"))
