"""The networks that read what is between two dancers: their contract, and what they are given."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.data.heading import rotate_frames
from mariel_gnn.graphs.duet_edges import duet_strengths
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.pair_frame import PairFrame, places_of
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import Connections, DuetVAEOptions

_NEARLY_ZERO = 1e-3  # std of the last layer of a new network


class BetweenReader(nn.Module, ABC):
    """A network that changes the latents of the linear code between two dancers; a new one is near zero.

    Args:
        options: of the model.
        shape: T and the rate.
        skeleton: of one dancer.
        latent_size: P.
    """

    def __init__(
        self, options: DuetVAEOptions, shape: WindowShape, skeleton: Skeleton, latent_size: int
    ) -> None:
        super().__init__()
        self.knots = AtKnots(skeleton, shape.frames, options.knots, shape.rate_hz)

    @abstractmethod
    def forward(self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Float[Tensor, "B P"]:
        """The change of the latents.

        Args:
            pairs: both dancers in metres in one room.
            frame: of the pair.
        """


class AtKnots(nn.Module):
    """Both dancers at M moments, in the frame of the pair: the same for every place and direction.

    Args:
        skeleton: of one dancer.
        frames: T.
        knots: M.
        rate_hz: frames per second.
    """

    moments: Tensor

    def __init__(self, skeleton: Skeleton, frames: int, knots: int, rate_hz: float) -> None:
        super().__init__()
        self.skeleton, self.rate_hz = skeleton, rate_hz
        self.count = min(knots, frames)
        moments = torch.linspace(0, frames - 1, self.count).round().long()
        self.register_buffer("moments", moments, persistent=False)

    def positions(
        self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame
    ) -> Float[Tensor, "B M 2 J 3"]:
        """Positions about the middle of the pair, with the axis along x, metres."""
        some = pairs[:, self.moments]
        middle = places_of(some, self.skeleton).mean(dim=2)
        centred = torch.cat([some[..., :2] - middle[:, :, None, None], some[..., 2:]], dim=-1)
        axis = (frame.axis[:, None] + frame.track[..., 1])[:, self.moments]
        return rotate_frames(centred.flatten(2, 3), -axis).view_as(some)

    @torch.no_grad()
    def strengths(
        self, pairs: Float[Tensor, "B T 2 J 3"], connections: Connections
    ) -> Float[Tensor, "B M E J J"]:
        """Strengths of the edges between the dancers, or those of a control.

        Velocities are those of one frame to the next, so each knot is taken with the frame before it; the
        first frame, which has none, with the frame after it.
        """
        if connections == "none":
            markers = pairs.shape[3]
            return pairs.new_zeros(len(pairs), self.count, 3, markers, markers)
        before = (self.moments - 1).clamp(min=0)
        two = torch.stack([pairs[:, before], pairs[:, before + 1]], dim=2)
        roots = places_of(two, self.skeleton)
        knots = torch.arange(self.count), self.moments - before
        found = torch.stack(
            [duet_strengths(*pair, self.rate_hz)[knots] for pair in zip(two, roots, strict=True)]
        )
        if connections == "shuffled":
            return found.roll(self.count // 2, dims=1)
        if connections == "random":
            order = torch.randperm(found.shape[-1], generator=torch.Generator().manual_seed(0)).to(
                found.device
            )
            return found[..., order]
        return found


def last_layer(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer near zero."""
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=_NEARLY_ZERO)
    nn.init.zeros_(layer.bias)
    return layer
