"""What the flows of one dancer and of a partner share: the network's prediction, the draw, the validation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.fast_products import fast_products
from mariel_gnn.models.flow.matching import Denoise, even_times, solve
from mariel_gnn.models.flow.network import TemporalUNet

BATCH = 64  # sequences drawn in one pass
EVALUATION_TIMES = 4  # times at which a validation measures the loss


@runtime_checkable
class Given(Protocol):
    """What is given about N sequences."""

    @property
    def known(self) -> Tensor:
        """`[N, S, D]` known states; zeros where they are not."""
        ...

    @property
    def about(self) -> Tensor | None:
        """`[N, G]` what is given about whole sequences, for the network; None for nothing."""
        ...

    def tokens(self, states: Tensor) -> Tensor:
        """The input of the network for x_t."""
        ...

    def hold(self, states: Tensor) -> Tensor:
        """The states with the known ones in their places."""
        ...

    def split(self, count: int) -> Iterator[Self]:
        """What is given about `count` sequences at a time."""
        ...


GivenT = TypeVar("GivenT", bound=Given)


class SequenceFlow(nn.Module, Generic[GivenT]):
    """Draws sequences under conditions.

    Attributes:
        network: predicts the change from what is expected.
        solver_steps: steps from noise to motion.
    """

    network: TemporalUNet
    solver_steps: int

    @abstractmethod
    def _expected(self, given: GivenT) -> tuple[Tensor, Tensor]:
        """What the conditions say of all states `[N, S, D]`, and how far others may be from it."""

    @abstractmethod
    def _smooth(self, white: Float[Tensor, "N S D"], given: GivenT) -> Float[Tensor, "N S D"]:
        """The noise that the flow starts from; that of known states is zero."""

    def denoiser(self, given: GivenT) -> Denoise:
        """Predicts sequences: what is expected from the conditions, and the network's change.

        In training the network may compute in bfloat16; see `fast_products`.
        """
        expected, std = self._expected(given)

        def denoise(states: Tensor, time: Tensor) -> Tensor:
            with fast_products(self, states):
                change: Tensor = self.network(given.tokens(states), time, given.about)
            return given.hold(expected + std * change.float())

        return denoise

    @torch.no_grad()
    def draw(
        self,
        given: GivenT,
        temperature: float,
        generator: torch.Generator,
        steps: int | None = None,
    ) -> Float[Tensor, "N S D"]:
        """Sequences under conditions.

        Args:
            given: the conditions.
            temperature: standard deviation of the noise that the flow starts from.
            generator: of the noise, on the CPU.
            steps: from noise to motion; None takes `solver_steps`.
        """
        white = torch.randn(given.known.shape, generator=generator).to(given.known)
        noise = temperature * self._smooth(white, given)
        return torch.cat(
            [
                solve(self.denoiser(some), part, steps or self.solver_steps)
                for some, part in zip(given.split(BATCH), noise.split(BATCH), strict=True)
            ]
        )


def at_even_times(
    data: Float[Tensor, "B S D"], loss: Callable[[Tensor, Tensor], Tensor]
) -> Float[Tensor, " B"]:
    """The mean loss over evenly spaced times, with the same noise for all sequences; nothing is random.

    Args:
        data: the sequences.
        loss: from times `[B]` and white noise like `data` to the loss of each sequence `[B]`.
    """
    generator = torch.Generator().manual_seed(0)
    losses = [
        loss(
            time.expand(len(data)),
            torch.randn(data.shape[1:], generator=generator).to(data).expand_as(data),
        )
        for time in even_times(EVALUATION_TIMES).to(data)
    ]
    return torch.stack(losses).mean(0)
