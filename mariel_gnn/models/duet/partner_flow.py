"""The flow over a partner's states, given the other dancer's states: several answers to one dancer.

    x ~ p(partner's states | other dancer's states or not, partner's first states or not, who is given)

Network, noise and solver are those of flow_motion, and a run of it gives the first weights: how one dancer
moves is learned from all recordings, and from the pairs only how one answers the other. With the other
dancer left out, as in some training sequences, the same network draws a dancer alone: a pair is sampled as
one dancer, then the partner.

The pairs of one couple are minutes, not hours, and a sequence of states names its training phrase. Smooth
noise on the other dancer's states in training keeps the network from reading that name. In drawing, noise of
rising levels makes several answers to one dancer differ about as much as they err: the network by itself is
too sure of them (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.metrics.samples import find_feet
from mariel_gnn.models.duet.partner_states import PartnerStates, Track
from mariel_gnn.models.flow.matching import (
    draw_times,
    mix,
    time_weights,
)
from mariel_gnn.models.flow.network import NEARLY_ZERO, TemporalUNet
from mariel_gnn.models.flow.process import given_known, smooth_noise
from mariel_gnn.models.flow.sequence_flow import SequenceFlow, at_even_times
from mariel_gnn.models.flow.state_flow import (
    EXTENSION_CONTEXT,
    FOOT_WEIGHT,
    MARKER_WEIGHT,
    StateFlow,
)
from mariel_gnn.models.flow.states import MotionStates

GIVEN_NOISE = 0.05  # std of the noise on the other dancer's states in training; axis 1 has std 1
ALONE = 0.15  # of the training sequences are drawn without the other dancer
EXTENDED = 0.6  # of the training sequences begin with known states
RELATION_WEIGHT, PLACE_WEIGHT = 0.5, 1.0  # of squared errors: relation, markers in the room (m²)


class Asked(NamedTuple):
    """What is given about B partners.

    Attributes:
        given: `[B, S, D0]` the other dancer's states; zeros where there is none.
        has_given: `[B, 1, 1]` 1 where the other dancer is given, else 0.
        is_first: `[B]` 1 where the given dancer is the first of the pair, so that the drawn one is the
            second, with or without her.
        known: `[B, S, D]` the partner's known states; zeros where they are not.
        is_known: `[B, S]` 1 or 0.
    """

    given: Tensor
    has_given: Tensor
    is_first: Tensor
    known: Tensor
    is_known: Tensor

    def tokens(self, states: Float[Tensor, "B S D"]) -> Float[Tensor, "B S I"]:
        """The input of the network for x_t."""
        marks = self.is_known[..., None], self.has_given.expand(-1, states.shape[1], -1)
        return torch.cat([self.hold(states), *marks, self.given], dim=-1)

    def hold(self, states: Float[Tensor, "B S D"]) -> Float[Tensor, "B S D"]:
        """The states with the known ones in their places."""
        return torch.lerp(states, self.known, self.is_known[..., None])

    @property
    def about(self) -> Float[Tensor, "B 2"]:
        """What is given about whole sequences: which dancer is given."""
        return torch.stack([self.is_first, 1 - self.is_first], dim=-1)

    def split(self, count: int) -> Iterator[Asked]:
        """What is given about `count` partners at a time."""
        for some in zip(*(each.split(count) for each in self), strict=True):
            yield Asked(*some)


class PartnerFlow(SequenceFlow[Asked]):
    """Draws sequences of a partner's states.

    Args:
        dancer: states of one dancer.
        window: S, states of a training sequence.
        widths: channels of the network; see `TemporalUNet`.
        solver_steps: steps from noise to motion.
    """

    feet: Tensor

    def __init__(
        self, dancer: MotionStates, window: int, widths: tuple[int, ...], solver_steps: int
    ) -> None:
        super().__init__()
        self.states, self.window, self.solver_steps = PartnerStates(dancer), window, solver_steps
        size = self.states.size
        self.network = TemporalUNet(size + 2 + dancer.size, size, widths, given=2)
        self.register_buffer("feet", torch.zeros(len(dancer.skeleton)))

    @property
    def dancer(self) -> MotionStates:
        """The states of one dancer."""
        return self.states.dancer

    @torch.no_grad()
    def fit_dancer(
        self, pairs: Float[Tensor, "N T 2 J 3"], mirrored: Float[Tensor, "N T 2 J 3"]
    ) -> None:
        """Measure the states of a dancer on training windows in metres."""
        self.dancer.fit(torch.cat([*pairs.unbind(2)]), torch.cat([*mirrored.unbind(2)]))

    @torch.no_grad()
    def fit_relations(self, pairs: Float[Tensor, "N T 2 J 3"]) -> None:
        """Measure foot markers and what only pairs have."""
        self.states.fit(pairs)
        self.feet.zero_()[list(find_feet(torch.cat([*pairs.unbind(2)])).markers)] = 1

    @torch.no_grad()
    def start_from(self, flow: StateFlow) -> None:
        """Take states and weights of a flow of one dancer; inputs that it lacks start near zero.

        Args:
            flow: of the same skeleton, rate, pose axes and widths.
        """
        self.dancer.load_state_dict(flow.states.state_dict())
        own, size = self.network.state_dict(), self.dancer.size
        theirs = flow.network.state_dict()
        first = torch.randn_like(own["first.weight"]) * 0.02
        first[:, :size] = theirs["first.weight"][:, :size]
        # Two marks there, of a known pose and of a known step, are one here.
        first[:, self.states.size] = theirs["first.weight"][:, size : size + 2].sum(1)
        for name, weight in theirs.items():
            if weight.shape == own[name].shape:
                own[name] = weight
        own["first.weight"] = first
        own["given.weight"] *= NEARLY_ZERO
        for name in ("last.2.weight", "last.2.bias"):
            own[name][:size] = theirs[name]
        self.network.load_state_dict(own)

    def loss(
        self, pairs: Float[Tensor, "B T 2 J 3"], measured: Bool[Tensor, "B T"], random: bool
    ) -> Float[Tensor, " B"]:
        """The loss of windows, summed over the numbers of a sequence; no likelihood.

        A window with frames whose relative place is not measured has loss 0.

        Args:
            pairs: windows in metres, in one room.
            measured: frames whose relative place is measured.
            random: whether who is given, what is known, times and noise are random, as in training; else
                the first dancer is given, and times and noise are the same for all windows.
        """
        if random:
            first = (torch.rand(len(pairs)) < 0.5).to(pairs)
            swapped = torch.where(first[:, None, None, None, None] == 1, pairs, pairs.flip(2))
            given, partner = swapped.unbind(2)
            data = self.states.encode(given, partner)
            asked = self._drawn(data, self.dancer.encode(given), first)
            losses = self._loss(data, asked, given, draw_times(data), torch.randn_like(data))
        else:
            given, partner = pairs.unbind(2)
            data = self.states.encode(given, partner)
            asked = self.asked(self.dancer.encode(given), torch.ones(len(pairs)).to(pairs))
            losses = at_even_times(
                data, lambda time, white: self._loss(data, asked, given, time, white)
            )
        return losses * measured.all(dim=1)

    def asked(
        self,
        given: Float[Tensor, "B S D0"],
        is_first: Float[Tensor, " B"],
        before: Float[Tensor, "B K D"] | None = None,
        alone: bool = False,
    ) -> Asked:
        """Conditions on partners whose first K states are known.

        Args:
            given: the other dancer's states.
            is_first: as of `Asked`.
            before: the known states; None if no state is known.
            alone: leave the other dancer out; `given` then tells the number of states.
        """
        known = given.new_zeros(*given.shape[:2], self.states.size)
        is_known = torch.zeros_like(known[..., 0])
        if before is not None:
            known[:, : before.shape[1]] = before
            is_known[:, : before.shape[1]] = 1
        has_given = torch.full_like(given[:, :1, :1], 0.0 if alone else 1.0)
        return Asked(given * has_given, has_given, is_first, known, is_known)

    def _drawn(
        self, data: Float[Tensor, "B S D"], given: Float[Tensor, "B S D0"], first: Tensor
    ) -> Asked:
        """Conditions of training sequences, drawn from torch's global generator."""
        count, states = data.shape[:2]
        u = torch.rand(3, count).to(data)
        given = self._disturbed(given, GIVEN_NOISE, torch.randn_like(given))
        has_given = (u[0] >= ALONE).to(data)[:, None, None]
        most = max(1, states // 2 - 1)
        length = torch.where(
            u[1] < EXTENDED / 2, float(EXTENSION_CONTEXT), 1 + (u[2] * most).floor()
        )
        length = length.clamp(max=most) * (u[1] < EXTENDED)
        is_known = (torch.arange(states).to(data) < length[:, None]).to(data)
        known = data * is_known[..., None]
        return Asked(given * has_given, has_given, first, known, is_known)

    def _disturbed(
        self, given: Float[Tensor, "B S D0"], level: float | Tensor, white: Float[Tensor, "B S D0"]
    ) -> Float[Tensor, "B S D0"]:
        """The other dancer's states with smooth noise of a standard deviation."""
        nothing = torch.zeros_like(given[..., 0])
        return given + level * smooth_noise(white, self.dancer.state_hz, nothing)

    def _loss(
        self, data: Tensor, asked: Asked, given: Tensor, time: Tensor, white: Tensor
    ) -> Float[Tensor, " B"]:
        found = self.denoiser(asked)(mix(data, self._smooth(white, asked), time), time)
        error = self._error(found, data, self.states.track(given), asked.has_given[:, 0, 0])
        return 0.5 * data[0].numel() * time_weights(time) * error

    def _expected(self, given: Asked) -> tuple[Tensor, Tensor]:
        """What known states say of the others; see `SequenceFlow`."""
        return given_known(given.known, self.dancer.state_hz, given.is_known)

    def _smooth(self, white: Float[Tensor, "B S D"], given: Asked) -> Float[Tensor, "B S D"]:
        """The noise; see `SequenceFlow`."""
        return smooth_noise(white, self.dancer.state_hz, given.is_known)

    @torch.no_grad()
    def answer(
        self,
        given: Float[Tensor, "N T J 3"],
        is_first: bool,
        temperature: float,
        generator: torch.Generator,
        before: Float[Tensor, "N K D"] | None = None,
        alone: bool = False,
        noise: Float[Tensor, " N"] | None = None,
    ) -> Float[Tensor, "N S D"]:
        """The states of partners of dancers of any length, one window after another.

        At temperature 0 they are the mean of all partners, which is one prediction from no noise: more
        steps of the solver go on to one of them. A dancer alone has all steps: her mean stands still.

        Args:
            given: the other dancers in metres; with `alone` only their length is used.
            is_first: whether they are the first of their pairs.
            temperature: as of `draw`.
            generator: as of `draw`.
            before: states of the partners that are known from the first frame on.
            alone: as of `asked`.
            noise: `[N]` standard deviation of smooth noise on the other dancers' states; None for none.
        """
        states = self.dancer.encode(given)
        total = states.shape[1]
        # A window of frames has one more state, after its last frame: no reason for a second window.
        size = total if total <= self.window + 1 else self.window
        first = states.new_full((len(states),), float(is_first))
        steps = self.solver_steps if temperature or alone else 1
        found = states.new_zeros(len(states), 0, self.states.size) if before is None else before
        while found.shape[1] < total:
            done = found.shape[1]
            context = min(EXTENSION_CONTEXT, self.window // 2)
            start = max(0, min(done - context, total - size))
            seen = states[:, start : start + size]
            if noise is not None:
                white = torch.randn(seen.shape, generator=generator).to(seen)
                seen = self._disturbed(seen, noise[:, None, None], white)
            known = found[:, start:] if done else None
            asked = self.asked(seen, first, known, alone)
            drawn = self.draw(asked, temperature, generator, steps)
            found = torch.cat([found, drawn[:, done - start :]], dim=1)
        return found[:, :total]

    def _error(
        self, found: Tensor, data: Tensor, given: Track, has_given: Float[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """Mean squared errors of states, relation, velocities and markers in the room."""
        size = self.dancer.size
        squared = (found - data).square()
        own, relation = squared[..., :size].mean((1, 2)), squared[..., size:].mean((1, 2))
        apart = self.states.positions(found, given) - self.states.positions(data, given)
        speed = (apart.diff(dim=1) * self.dancer.state_hz).square().sum(-1).mean(1)
        feet = (speed * self.feet).sum(-1) / self.feet.sum()
        room = RELATION_WEIGHT * relation + PLACE_WEIGHT * apart.square().sum(-1).mean((1, 2))
        room = room + FOOT_WEIGHT * feet + MARKER_WEIGHT * speed.mean(-1)
        return own + has_given * room + (1 - has_given) * self._steps_error(found, data)

    def _steps_error(self, found: Tensor, data: Tensor) -> Float[Tensor, " B"]:
        """Of a dancer alone: velocities by her own steps, as of one dancer."""
        one, other = self.states.pieces(found), self.states.pieces(data)
        speed = (self.dancer.velocities(one) - self.dancer.velocities(other)).square().sum(-1)
        feet = (speed.mean(1) * self.feet).sum(-1) / self.feet.sum()
        return FOOT_WEIGHT * feet + MARKER_WEIGHT * speed.mean((1, 2))
