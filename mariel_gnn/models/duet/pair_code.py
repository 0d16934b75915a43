"""The code of what is between two dancers: the track of the pair on time axes, and its start.

    code = [ track on its first K cosines (6 K) | start (4) ]      of the frame of the pair

Maps to latents and back start as principal components of the codes of training windows, as those of one
dancer's motion do.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.duet.pair_frame import START, TRACK, PairFrame
from mariel_gnn.models.motion.basis import TimeAxes
from mariel_gnn.models.motion.decoder import PoseNet, shrunk_pca
from mariel_gnn.models.motion_vae import CODE_GAIN

# Metres that an error of 1 moves a dancer or her outer markers: log distance, axis, facings, middle; start.
_IMPORTANCE = (0.4, 0.4, 0.3, 0.3, 1.0, 1.0)
_START_IMPORTANCE = 1.0


class PairCode(nn.Module):
    """Maps frames of pairs to latents and back.

    Args:
        frames: T.
        frequencies: K, time axes of the track.
        size: P, latents.
        width: of the network that changes the decoded code.
    """

    scale: Tensor
    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, frames: int, frequencies: int, size: int, width: int) -> None:
        super().__init__()
        self.time = TimeAxes(frames, frequencies)
        self.size = TRACK * self.time.count + START
        self.to_latent, self.from_latent = nn.Linear(self.size, size), nn.Linear(size, self.size)
        self.change = PoseNet(size, width, self.size)
        self.register_buffer("scale", torch.ones(self.size))
        self.register_buffer("latent_mean", torch.zeros(size))
        self.register_buffer("latent_std", torch.ones(size))

    @torch.no_grad()
    def fit(self, frames: PairFrame) -> None:
        """Start the linear maps as principal components of training windows."""
        code = self.code(frames)
        importance = torch.tensor(_IMPORTANCE).to(code).repeat(self.time.count)
        importance = torch.cat([importance, torch.full_like(code[0, :START], _START_IMPORTANCE)])
        # One group: how the dancers face and how far apart they are go together.
        groups = torch.zeros(self.size, dtype=torch.long, device=code.device)
        size = self.to_latent.out_features
        mean, map_in, map_out = shrunk_pca(code, importance, groups, size)
        self.to_latent.weight.copy_(map_in / CODE_GAIN)
        self.to_latent.bias.copy_(-map_in @ mean)
        self.from_latent.weight.copy_(map_out)
        self.from_latent.bias.copy_(mean)
        self.scale.copy_((code.std(0) * math.sqrt(0.1)).clamp(min=1e-6))

    def encode(self, frames: PairFrame) -> Float[Tensor, "B P"]:
        """Latents of windows by the linear map, not standardised."""
        latents: Tensor = self.to_latent(CODE_GAIN * self.code(frames))
        return latents

    def decode(self, axis: Float[Tensor, " B"], latents: Float[Tensor, "B P"]) -> PairFrame:
        """The frames of pairs of latents that are not standardised."""
        code = self.from_latent(latents) + self.scale * self.change(latents)
        track = code[:, :-START].unflatten(1, (self.time.count, TRACK))
        return PairFrame(axis, self.time.at_frames(track), code[:, -START:])

    def standardized(self, latents: Float[Tensor, "B P"]) -> Float[Tensor, "B P"]:
        """Latents of mean 0 and variance 1 over training windows; see `standardize`."""
        return (latents - self.latent_mean) / self.latent_std

    def unstandardized(self, latents: Float[Tensor, "B P"]) -> Float[Tensor, "B P"]:
        """The inverse of `standardized`."""
        return self.latent_mean + self.latent_std * latents

    @torch.no_grad()
    def standardize(self, mean: Float[Tensor, "N P"], variance: Float[Tensor, "N P"]) -> None:
        """Standardise the latents: reconstructions do not change, samples get the variance of the data.

        Args:
            mean: of the posteriors of training windows, standardised as before.
            variance: likewise.
        """
        std = (mean.var(0) + variance.mean(0)).sqrt()
        self.latent_mean.add_(self.latent_std * mean.mean(0))
        self.latent_std.mul_(std)

    def code(self, frames: PairFrame) -> Float[Tensor, "B W"]:
        """The code of windows."""
        return torch.cat([self.time(frames.track).flatten(1), frames.start], dim=-1)
