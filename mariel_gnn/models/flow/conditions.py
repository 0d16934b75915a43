"""What is given about sequences of states when the flow draws them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.flow.leading import with_noise
from mariel_gnn.models.flow.states import STEP

NOTHING, BEFORE = 0.65, 0.85  # u below: nothing is given; states before; else before and after
WITH_Z, WITH_LEADING = 0.2, 0.75  # u below: z is given; its leading latents; else neither
CONTEXT = 24  # most states that are given before or after: 1.4 s


class Conditions(NamedTuple):
    """What is given about B sequences.

    Attributes:
        known: `[B, S, D]` given states; zero where they are not.
        is_known: `[B, S, 2]` 1 where the pose is given, and where the step is, else 0.
        described: `[B, S, D]` the states that z describes; zero without z.
        has_z: `[B, 1, 1]` 1 where z is given, else 0.
        leading: `[B, L + 1]` the leading latents and 1; zeros where they are not given. None if they are
            given for no sequence.
    """

    known: Tensor
    is_known: Tensor
    described: Tensor
    has_z: Tensor
    leading: Tensor | None = None

    @property
    def about(self) -> Tensor | None:
        """What is given about whole sequences: the leading latents."""
        return self.leading

    def hold(self, states: Float[Tensor, "B S D"]) -> Float[Tensor, "B S D"]:
        """The states with the given ones in their places."""
        return torch.lerp(states, self.known, _by_number(self.is_known, states.shape[-1]))

    def tokens(self, states: Float[Tensor, "B S D"]) -> Float[Tensor, "B S I"]:
        """The input of the network for x_t; I is 2 D + 3."""
        has_z = self.has_z.expand(-1, states.shape[1], -1)
        return torch.cat([self.hold(states), self.is_known, self.described, has_z], dim=-1)

    def led_by(self, leading: Float[Tensor, "B L"] | None) -> Conditions:
        """The same conditions with leading latents of each sequence, if there are any."""
        if leading is None:
            return self
        return self._replace(leading=nn.functional.pad(leading, (0, 1), value=1.0))

    def split(self, count: int) -> Iterator[Conditions]:
        """Conditions on `count` sequences at a time."""
        for some in torch.arange(len(self.known)).split(count):
            known, is_known, described, has_z = (part[some] for part in self[:4])
            leading = None if self.leading is None else self.leading[some]
            yield Conditions(known, is_known, described, has_z, leading)


def nothing(states: Float[Tensor, "B S D"]) -> Conditions:
    """Conditions on sequences like `states` under which nothing is given."""
    zeros = torch.zeros_like(states)
    return Conditions(zeros, zeros[..., :2], zeros, zeros[:, :1, :1])


def described_by(states: Float[Tensor, "B S D"]) -> Conditions:
    """Conditions under which z is given."""
    given = nothing(states)
    return given._replace(described=states, has_z=given.has_z + 1)


def between(
    before: Float[Tensor, "B K D"], count: int, after: Float[Tensor, "B L D"] | None = None
) -> Conditions:
    """Conditions on sequences of which only `count` states in the middle, or at the end, are not given.

    The step to the first state after them is not given either: it tells where they end.
    """
    parts = [before, before.new_zeros(len(before), count, before.shape[-1])]
    parts += [] if after is None else [after]
    known = torch.cat(parts, dim=1)
    given = nothing(known)
    first, last = before.shape[1], before.shape[1] + count
    is_known = torch.ones_like(given.is_known)
    is_known[:, first:last] = 0
    is_known[:, 0, 1] = float(first > 1)  # a single state tells no step
    is_known[:, last : last + 1, 1] = 0
    known = known * _by_number(is_known, known.shape[-1])
    return given._replace(known=known, is_known=is_known)


def draw_conditions(
    clean: Float[Tensor, "B S D"],
    described: Float[Tensor, "B S D"],
    leading: Float[Tensor, "B L"],
) -> Conditions:
    """Conditions of training sequences, drawn from torch's global generator.

    Args:
        clean: the sequences.
        described: the states that their latents describe.
        leading: their leading latents.
    """
    count, states, size = clean.shape
    u = torch.rand(4, count).to(clean)
    most = min(CONTEXT, states // 2 - 1)
    before = (u[0] > NOTHING) * (1 + (u[1] * most).floor())
    after = (u[0] > BEFORE) * (1 + (u[2] * most).floor())
    place, first_after = torch.arange(states).to(clean), states - after[:, None]
    pose = (place < before[:, None]) | (place >= first_after)
    step = (place < before[:, None]) | (place > first_after)
    is_known = torch.stack([pose, step], dim=-1).to(clean)
    has_z = (u[3] < WITH_Z).to(clean)[:, None, None]
    noisy = nn.functional.pad(with_noise(leading, torch.randn_like(leading)), (0, 1), value=1.0)
    has_leading = (u[3] >= WITH_Z) & (u[3] < WITH_LEADING)
    known = clean * _by_number(is_known, size)
    return Conditions(known, is_known, described * has_z, has_z, noisy * has_leading[:, None])


def _by_number(is_known: Float[Tensor, "B S 2"], size: int) -> Float[Tensor, "B S D"]:
    """The mask of each number of a state."""
    pose, step = is_known.split(1, dim=-1)
    shape = *is_known.shape[:2], -1
    return torch.cat([pose.expand(*shape[:2], size - STEP), step.expand(*shape[:2], STEP)], dim=-1)
