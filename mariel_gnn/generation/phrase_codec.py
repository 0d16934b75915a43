"""From metres to latents and back: what every task of a trained model is made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Normal

from mariel_gnn.errors import UserError
from mariel_gnn.losses.likelihood import Prediction
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.vae import VAE

Phrases = Tensor | NDArray[np.floating]

_AT_ONCE = 64  # phrases that go through the network together
_GAPS = "positions have gaps (NaN): fill them first, as MarielDataset does on loading"


class PhraseCodec:
    """Encodes, decodes and reconstructs phrases.

    Phrases are positions `[N, T, J, C]` in metres, z up, travelling as recorded; T, J and the rate
    are those that the model was trained for (`shape`).

    Args:
        network: the trained network.
        skeleton: its markers.
    """

    def __init__(self, network: VAE, skeleton: Skeleton) -> None:
        self.network, self.skeleton = network.eval(), skeleton
        self.shape = network.shape

    @torch.no_grad()
    def posterior(self, positions: Phrases) -> Normal:
        """q(z|x) `[N, Z]` of phrases `[N, T, J, C]`.

        Raises:
            UserError: the phrases have another shape than the model was trained for, or gaps.
        """
        found = [
            self.network.encode(self.network.batch_from_metres(some))
            for some in self._checked(positions).split(_AT_ONCE)
        ]
        return Normal(torch.cat([q.loc for q in found]), torch.cat([q.scale for q in found]))

    def encode(self, positions: Phrases) -> Tensor:
        """The posterior mean `[N, Z]` of phrases `[N, T, J, C]`."""
        return self.posterior(positions).mean

    def decode(self, z: Tensor, start: Tensor | None = None, path: Tensor | None = None) -> Tensor:
        """Phrases `[N, T, J, C]` in metres of latents `[N, Z]`.

        Args:
            z: latents.
            start: `[N, 2]` where the body's path begins, metres; the origin if None.
            path: `[N, T, 2]` path to travel on if the model gives none; on the spot if None.
        """
        return self._decoded(z, self.network.decode, start, path)

    def reconstruct(self, positions: Phrases) -> Tensor:
        """Decode the posterior mean of phrases `[N, T, J, C]`, and give the travel back.

        The path is the model's own, from where the phrase began; a model that has no ear for travel
        (the seed's) gets the path as recorded.
        """
        given = self._checked(positions)
        path = given[..., :2].mean(dim=2)
        return self.decode(self.encode(given), start=path[:, 0], path=path)

    @property
    def travels(self) -> bool:
        """Whether the model gives the body's path."""
        return self.network.travels

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self.network.normalizer.position_scale.device

    def in_metres(
        self, prediction: Prediction, start: Tensor | None = None, path: Tensor | None = None
    ) -> Tensor:
        """Positions `[N, T, J, C]` of a prediction, travelling; gradients go through.

        Args:
            prediction: what the network decoded.
            start: `[N, 2]` where the body's path begins, metres; the origin if None.
            path: `[N, T, 2]` path to travel on if the model gives none; on the spot if None.
        """
        positions, own = self.network.metres_from_prediction(prediction)
        if own is not None:
            own = own - own[:, :1]
            path = own if start is None else own + start.to(own.device)[:, None]
        if path is None or not bool(self.network.normalizer.xy_centering):
            return positions
        # The body's mean is where it travels: what the decoder leaves of it goes.
        shift = path.to(positions.device) - positions[..., :2].mean(dim=2)
        return torch.cat([positions[..., :2] + shift[:, :, None], positions[..., 2:]], dim=-1)

    @torch.no_grad()
    def _decoded(
        self,
        z: Tensor,
        decode: Callable[[Tensor], Prediction],
        start: Tensor | None = None,
        path: Tensor | None = None,
    ) -> Tensor:
        """Phrases of latents as `decode` has it, some at a time, with travel as the caller has it."""
        z = z.to(self.device)
        return torch.cat(
            [
                self.in_metres(
                    decode(z[some]),
                    None if start is None else start[some],
                    None if path is None else path[some],
                ).cpu()
                for some in torch.arange(len(z)).split(_AT_ONCE)
            ]
        )

    def _checked(self, positions: Phrases) -> Tensor:
        """Phrases as float32 on the model's device.

        Raises:
            UserError: wrong shape, or gaps.
        """
        found = torch.as_tensor(positions, dtype=torch.float32)
        wanted = (self.shape.frames, self.shape.markers, 3)
        if found.ndim != 4 or tuple(found.shape[1:]) != wanted or not len(found):
            raise UserError(
                f"positions have shape {list(found.shape)}; this model takes [N, {wanted[0]}, "
                f"{wanted[1]}, 3] (N phrases of {wanted[0]} frames, skeleton {self.skeleton.name}): "
                "cut windows of that length, and add a first axis to a single one"
            )
        if not torch.isfinite(found).all():
            raise UserError(_GAPS)
        return found.to(self.device)

    def _checked_clip(self, positions: Phrases, least: int) -> Tensor:
        """A clip `[A, J, C]` of any length as float32.

        Raises:
            UserError: wrong shape, too short, or gaps.
        """
        found = torch.as_tensor(positions, dtype=torch.float32).cpu()
        if found.ndim != 3 or tuple(found.shape[1:]) != (self.shape.markers, 3):
            raise UserError(
                f"positions have shape {list(found.shape)}; a clip for this model is [frames, "
                f"{self.shape.markers}, 3] (skeleton {self.skeleton.name})"
            )
        if len(found) < least:
            raise UserError(
                f"the clip has {len(found)} frames; {least} are needed "
                f"({least / self.shape.rate_hz:.1f} s): give a longer one"
            )
        if not torch.isfinite(found).all():
            raise UserError(_GAPS)
        return found

    def _checked_phrase(self, positions: Phrases) -> Tensor:
        """The first T frames of a clip as a batch of one, `[1, T, J, C]`, on the model's device."""
        frames = self.shape.frames
        return self._checked(self._checked_clip(positions, frames)[None, :frames])
