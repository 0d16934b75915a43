"""A temporal U-Net: from a noisy sequence of states and its conditions to the clean sequence.

Each state is a token, so no ripple with the period of a token appears. Convolutions see neighbouring states
on three scales (64, 32 and 16 tokens for 64 states); attention on the two coarse scales sees the whole
sequence. There are no position codes: the network applies to sequences of any length.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

TIME_WIDTH = 256  # of the embedding of the flow's time
GROUPS, HEADS = 8, 4
KERNEL = 3
NEARLY_ZERO = (
    1e-4  # std of initial weights after which a block changes nothing; zero would stop gradients
)


class TimeEmbedding(nn.Module):
    """The flow's time t in 0..1 as a vector: sines and cosines, then two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, TIME_WIDTH), nn.SiLU(), nn.Linear(TIME_WIDTH, TIME_WIDTH), nn.SiLU()
        )

    def forward(self, time: Float[Tensor, " B"]) -> Float[Tensor, "B W"]:
        """The embedding of each time."""
        angle = time[:, None] * torch.logspace(3, 0, 32, device=time.device)
        found: Tensor = self.layers(torch.cat([angle.sin(), angle.cos()], dim=1))
        return found


class Convolutions(nn.Module):
    """Two convolutions over time with a residual connection; the time embedding scales and shifts.

    Args:
        inputs: channels in.
        outputs: channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.before = nn.GroupNorm(GROUPS, inputs)
        self.first = nn.Conv1d(inputs, outputs, KERNEL, padding=KERNEL // 2)
        self.between = nn.GroupNorm(GROUPS, outputs)
        self.second = nn.Conv1d(outputs, outputs, KERNEL, padding=KERNEL // 2)
        self.modulation = nn.Linear(TIME_WIDTH, 2 * outputs)
        self.skip = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.normal_(
            self.second.weight, std=NEARLY_ZERO
        )  # a new block is nearly the skip connection

    def forward(
        self, channels: Float[Tensor, "B C S"], time: Float[Tensor, "B W"]
    ) -> Float[Tensor, "B C2 S"]:
        """New channels."""
        scale, shift = self.modulation(time)[..., None].chunk(2, dim=1)
        hidden = self.first(nn.functional.silu(self.before(channels)))
        hidden = self.between(hidden) * (1 + scale) + shift
        out: Tensor = self.skip(channels) + self.second(nn.functional.silu(hidden))
        return out


class TimeAttention(nn.Module):
    """Attention of all tokens to each other, residual.

    Args:
        size: channels.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, size)
        self.to_heads = nn.Conv1d(size, 3 * size, 1)
        self.mix = nn.Conv1d(size, size, 1)
        nn.init.normal_(self.mix.weight, std=NEARLY_ZERO)

    def forward(self, channels: Float[Tensor, "B C S"]) -> Float[Tensor, "B C S"]:
        """New channels."""
        heads = self.to_heads(self.norm(channels)).unflatten(1, (3, HEADS, -1)).mT
        query, key, value = heads.unbind(1)
        seen = nn.functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = channels + self.mix(seen.mT.flatten(1, 2))
        return out


class Scale(nn.Module):
    """One scale of the U-Net: two blocks of convolutions, then attention.

    Args:
        inputs: channels in.
        size: channels out.
        attends: whether attention follows.
    """

    def __init__(self, inputs: int, size: int, attends: bool) -> None:
        super().__init__()
        self.first, self.second = Convolutions(inputs, size), Convolutions(size, size)
        self.attention = TimeAttention(size) if attends else nn.Identity()

    def forward(self, channels: Tensor, time: Tensor) -> Tensor:
        """New channels `[B, size, S]`."""
        out: Tensor = self.attention(self.second(self.first(channels, time), time))
        return out


class TemporalUNet(nn.Module):
    """From noisy states and conditions to clean states.

    Args:
        inputs: channels of a token in: states and conditions.
        outputs: channels of a token out: D.
        widths: channels of each scale, the finest first; each scale has half the tokens of the one before.
        given: numbers that are given about a whole sequence: L + 1.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...], given: int) -> None:
        super().__init__()
        self.stride: int = 2 ** (len(widths) - 1)
        pairs = list(pairwise(widths))
        self.time = TimeEmbedding()
        self.given = nn.Linear(given, TIME_WIDTH, bias=False)
        self.first = nn.Conv1d(inputs, widths[0], 1)
        self.down = nn.ModuleList(Scale(w, w, attends=w != widths[0]) for w in widths)
        self.coarser = nn.ModuleList(nn.Conv1d(a, b, 4, 2, 1) for a, b in pairs)
        self.finer = nn.ModuleList(nn.ConvTranspose1d(b, a, 4, 2, 1) for a, b in pairs)
        self.up = nn.ModuleList(Scale(2 * a, a, attends=False) for a, _ in pairs)
        last = nn.Conv1d(widths[0], outputs, 1)
        nn.init.normal_(last.weight, std=1e-3)  # a new network is nearly zero
        nn.init.zeros_(last.get_parameter("bias"))
        self.last = nn.Sequential(nn.GroupNorm(GROUPS, widths[0]), nn.SiLU(), last)

    def forward(
        self,
        tokens: Float[Tensor, "B S I"],
        time: Float[Tensor, " B"],
        given: Float[Tensor, "B G"] | None = None,
    ) -> Float[Tensor, "B S D"]:
        """Clean states.

        Args:
            tokens: states and conditions; S is extended to a multiple of the coarsest token and cut again.
            time: of the flow, 0 (noise) to 1.
            given: about whole sequences; None is zeros.
        """
        count = tokens.shape[1]
        rest = -count % self.stride
        channels = nn.functional.pad(tokens.mT, (0, rest), mode="replicate") if rest else tokens.mT
        embedding, kept = self.time(time), []
        if given is not None:
            embedding = embedding + self.given(given)
        channels = self.first(channels)
        for scale, halve in zip(self.down, self.coarser, strict=False):
            kept.append(scale(channels, embedding))
            channels = halve(kept[-1])
        channels = self.down[-1](channels, embedding)
        for scale, double in zip(reversed(self.up), reversed(self.finer), strict=True):
            channels = scale(torch.cat([double(channels), kept.pop()], dim=1), embedding)
        out: Tensor = self.last(channels).mT[:, :count]
        return out
