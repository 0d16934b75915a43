"""Flow matching: from noise to data along straight lines.

    x_t = t x + (1 - t) noise,    t = 0 is noise, t = 1 is data
    a network predicts x from x_t;    dx_t/dt = (x_predicted - x_t) / (1 - t)

Sources: Lipman et al., "Flow matching for generative modeling", ICLR 2023; prediction of the clean motion:
Tevet et al., "Human motion diffusion model", ICLR 2023; t from a logit-normal density: Esser et al.,
"Scaling rectified flow transformers", ICML 2024. The solver is ten lines; the libraries with one (torchcfm,
flow-matching, torchdiffeq) had no release in the last year and need much more.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

TIME_MEAN, TIME_STD = -0.3, 1.2  # of the logit of t in training
LEAST_NOISE = 0.1  # 1 - t below which the weight of an error stays constant

Denoise = Callable[[Tensor, Tensor], Tensor]
"""From x_t `[N, S, D]` and times t `[N]` to the predicted x."""


def draw_times(data: Float[Tensor, "B S D"]) -> Float[Tensor, " B"]:
    """A random time for each sequence, from torch's global generator."""
    return torch.sigmoid(TIME_MEAN + TIME_STD * torch.randn_like(data[:, 0, 0]))


def even_times(count: int) -> Float[Tensor, " {count}"]:
    """Evenly spaced quantiles of the density of times."""
    quantile = torch.special.ndtri((torch.arange(count) + 0.5) / count)
    return torch.sigmoid(TIME_MEAN + TIME_STD * quantile)


def time_weights(time: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
    """The weight of a squared error of x at each time: that of the error of dx_t/dt, bounded."""
    return (1 - time).clamp(min=LEAST_NOISE) ** -2


def mix(
    data: Float[Tensor, "B S D"], noise: Float[Tensor, "B S D"], time: Float[Tensor, " B"]
) -> Float[Tensor, "B S D"]:
    """x_t of data and noise."""
    return torch.lerp(noise, data, time[:, None, None])


def solve(denoise: Denoise, noise: Float[Tensor, "N S D"], steps: int) -> Float[Tensor, "N S D"]:
    """Follow the flow from noise to data by Heun's method.

    Args:
        denoise: predicts x.
        noise: x_0.
        steps: shorter towards the data, where details are decided: 1 - t falls as the cube of the steps
            that are left. Each but the last calls `denoise` twice. One step is the prediction from x_0.
    """
    times = 1 - torch.linspace(1, 0, steps + 1, device=noise.device) ** 3

    def slope(states: Tensor, time: Tensor) -> Tensor:
        return (denoise(states, time.expand(len(states))) - states) / (1 - time)

    states = noise
    for time, following in pairwise(times[:-1]):
        first = slope(states, time)
        second = slope(states + (following - time) * first, following)
        states = states + (following - time) * (first + second) / 2
    return denoise(states, times[-2].expand(len(states)))
