"""A small network over one pose, the same for all frames: what bends straight axes into bodies."""

from __future__ import annotations

from torch import nn


class PoseNet(nn.Sequential):
    """Two hidden layers; the answer of a new network is near zero.

    Args:
        inputs: numbers of a pose that come in.
        size: width of the hidden layers.
        outputs: numbers that come out.
    """

    def __init__(self, inputs: int, size: int, outputs: int) -> None:
        last = nn.Linear(size, outputs)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)
        super().__init__(nn.Linear(inputs, size), nn.SiLU(), nn.Linear(size, size), nn.SiLU(), last)
